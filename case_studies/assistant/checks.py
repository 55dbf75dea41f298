"""*Your turn* in the case study on a support assistant."""

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn("assistant-threshold", (4.0, 25.0), (4.0, 4.0), (1.0, 0.0))
class AnswerFrom:
    """Answering saves `agent_eur` with probability p and costs `wrong_eur` with 1 - p. Where is that zero?"""

    def right(agent_eur, wrong_eur):
        return wrong_eur / (wrong_eur + agent_eur)

    def the_other_side_of_the_balance(agent_eur, wrong_eur):
        """That is the share of the agent's price: a larger price of a wrong answer must raise it."""
        return agent_eur / (agent_eur + wrong_eur)

    def what_is_saved_per_eur(agent_eur, wrong_eur):
        """At that chance an answer loses money: 4 EUR are saved in the good case only."""
        return agent_eur / wrong_eur


@check.turn(
    "assistant-cache-read",
    ({"k": (0, 7)}, "k", 5, 24, {7}),
    ({"k": (0, 7)}, "k", 5, 24, {8}),
    ({"k": (0, 7)}, "k", 24, 24, {7}),
    ({"k": (0, 7)}, "other", 5, 24, {7}),
)
class ReadEntry:
    """Three conditions: the key is there, the entry is younger than `hours`, its document is in `readable`."""

    def right(cache, key, now_hour, hours, readable):
        if key not in cache:
            return None
        made, document = cache[key]
        return document if now_hour - made < hours and document in readable else None

    def trusts_the_first_to_ask(cache, key, now_hour, hours, readable):
        """This customer may not read document 7, whoever asked for it first."""
        made, document = cache.get(key, (None, None))
        return document if made is not None and now_hour - made < hours else None

    def one_hour_too_long(cache, key, now_hour, hours, readable):
        """At 24 hours the entry is no longer kept: less than `hours`, not up to it."""
        if key not in cache:
            return None
        made, document = cache[key]
        return document if now_hour - made <= hours and document in readable else None
