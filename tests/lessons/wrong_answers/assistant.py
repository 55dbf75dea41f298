"""Named wrong answers for each cell that the reader writes in the case study."""

WRONG = {
    "threshold": [
        (
            """
def answer_from(agent_eur, wrong_eur):  # the other side of the balance
    return agent_eur / (agent_eur + wrong_eur)
""",
            "a larger price of a wrong answer must raise it",
        ),
        (
            """
def answer_from(agent_eur, wrong_eur):  # what is saved per EUR at risk
    return agent_eur / wrong_eur
""",
            "an answer loses money",
        ),
    ],
    "cache": [
        (
            """
def read_entry(cache, key, now_hour, hours, readable):  # whoever asked first was allowed
    made, document = cache.get(key, (None, None))
    return document if made is not None and now_hour - made < hours else None
""",
            "This customer may not read document 7",
        ),
        (
            """
def read_entry(cache, key, now_hour, hours, readable):  # one hour too long
    if key not in cache:
        return None
    made, document = cache[key]
    return document if now_hour - made <= hours and document in readable else None
""",
            "less than `hours`, not up to it",
        ),
    ],
}
