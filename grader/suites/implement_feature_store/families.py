"""The families of cases: each function writes a script in which a rule of the task decides every answer.

Hidden cases are written by the same functions from other seeds, so a class meets no family that it could not run.
"""

from collections.abc import Callable

import numpy as np

from grader.suites.implement_feature_store.scripts import COLUMNS, Script, in_any_order, random_script


def events(script: Script) -> None:
    """Which event: the latest at or before the moment asked about. Everything is known long since."""
    script.define()
    times = (script.start_s + np.cumsum([script.gap_s() for _ in range(5)])).tolist()
    for event_s in times:
        script.write(event_s)
        script.write(event_s + 7, entity=script.other)
    today = script.today_s
    for event_s in script.rng.choice(times[1:], 2, replace=False).tolist():
        script.ask("at the very moment of an event", event_s, today)
        script.ask("one second before an event", event_s - 1, today)
        script.ask("between two events", event_s + 3, today)
    script.ask("before the first event", times[0] - 1, today)
    script.ask("long after the last event", times[-1] + 10**6, today)
    script.ask("an entity that was never written", times[-1], today, "nobody")
    script.ask("another entity of the same view", times[-1] + 8, today, script.other)


def knowledge(script: Script) -> None:
    """What was known: late rows, corrections, and questions about the past with today's knowledge."""
    script.define()
    first = script.start_s
    second = first + script.gap_s()
    late = second + script.gap_s()
    third = late + script.gap_s()
    corrected = third + script.gap_s()
    script.write(first)
    script.write(second, late)
    script.write(third)
    script.write(third, corrected)
    script.ask("one second before a late row was known", late - 1)
    script.ask("at the moment when a late row became known", late)
    script.ask("one second before a correction", corrected - 1)
    script.ask("at the moment of a correction", corrected)
    script.ask("the past, with what is known today", second, script.today_s)
    script.ask("the past, with what is known today", third, script.today_s)
    script.ask("the present, with what was known earlier", corrected + 5, corrected - 1)
    script.ask("the present, with what was known earlier", late + 1, late - 1)
    again = corrected + script.gap_s()
    script.write(again)
    script.write(again)
    script.ask("two rows of the same event, known at the same moment: one of them, whole", again)
    last = again + script.gap_s()
    script.write(late, last)
    script.ask("one second before a row was known that came after newer ones", late, last - 1)
    script.ask("at the moment when a row became known that came after newer ones", late, last)
    script.ask("a newer event, when an older one had become known after it", corrected, last)


def time_to_live(script: Script) -> None:
    """How old an event may be: younger than the time to live, counted from the event."""
    life_s, event_s = script.draw(5, 100_000, 60), script.start_s
    script.define(life_s)
    script.write(event_s)
    script.write(event_s, event_s + life_s // 2)
    script.ask("one second before the end of the time to live", event_s + life_s - 1)
    script.ask("exactly at the end of the time to live", event_s + life_s)
    script.ask("long after the time to live", event_s + 20 * life_s)
    script.write(event_s, event_s + life_s + 1, entity=script.other)
    script.ask("a row that became known when it was too old", event_s + life_s + 1, entity=script.other)
    script.ask("the past, with what is known today", event_s + life_s - 1, script.today_s, script.other)
    script.view += "_for_ever"
    script.define()
    script.write(event_s)
    years = script.draw(2, 9, 2)
    script.ask("no time to live, years later", event_s + years * 31_536_000)


def answers(script: Script) -> None:
    """What an answer looks like: missing is None and zero is zero, in the order of the requests; what is refused."""
    script.define()
    first = script.start_s
    second, third = first + script.gap_s(), first + (50 if script.small else 8_000)
    script.write(first, amount_usd=0.0)
    script.write(second, amount_usd=None)
    script.write(third, orders=0)
    script.steps[-1][1][1][0].pop("amount_usd")
    script.ask("a zero", first)
    script.ask("a value written as None", second)
    script.ask("a column that the row does not mention", third)
    asked = [{"entity": script.entity, "at_s": at_s} for at_s in (third, first, first - 1, second, first)]
    script.do("as_of", asked, about="several requests, not in the order of their times")
    whole, broken = script.row(third + 1, "refused"), {**script.row(third + 1, "refused too"), "colour": "red"}
    script.do("write", [whole, broken], third + 1, about="a row with an unknown column")
    script.ask("a row of a batch that was refused", third + 2, entity="refused")
    script.do("write", [whole], third, about="an unknown view", view="unknown")
    script.do("as_of", [{"entity": script.entity, "at_s": third}], about="an unknown view", view="unknown")


def published(script: Script) -> None:
    """What is online: what as_of said at the last publication."""
    script.define(script.draw(50_000, 90_000, 500))
    first = script.start_s
    moment = first + script.gap_s()
    script.write(first)
    script.write(first + 1, moment + 1)
    script.write(moment + 3, moment - 1)
    script.write(first + 2, entity=script.other)
    script.online("before anything was published", moment)
    script.do("materialise", moment)
    script.online("after a publication", moment)
    script.online("a row that was not yet known, or had not happened yet, at the publication", moment + 5)
    script.online("another entity of the same view", moment + 5, script.other)
    script.online("an entity that was never written", moment + 5, "nobody")
    script.write(moment, moment)
    script.online("a row that was written after the publication", moment + 5)
    script.do("materialise", moment + 6)
    script.online("after the next publication", moment + 6)
    script.write(moment + 6)
    script.do("materialise", moment + 6)
    script.online("a row of the very moment of the publication", moment + 6)
    script.online("another entity of the same view", moment + 6, script.other)
    script.do("materialise", moment + 6, about="publishing an unknown view", view="unknown")
    script.do("online", script.entity, moment + 6, about="online, in an unknown view", view="unknown")


def aged(script: Script) -> None:
    """How old what is online may be: judged when it is asked, not when it was published."""
    life_s, event_s = script.draw(50, 100_000, 60), script.start_s
    script.define(life_s)
    script.write(event_s, event_s + 9)
    script.do("materialise", event_s + 20)
    script.online("one second before the end of the time to live", event_s + life_s - 1)
    script.online("exactly at the end of the time to live", event_s + life_s)
    script.online("long after the time to live", event_s + 20 * life_s)


def published_again(script: Script) -> None:
    """Publishing again, or for an earlier moment, changes nothing."""
    script.define()
    first, gap_s = script.start_s, script.gap_s()
    script.write(first)
    script.write(first + gap_s)
    script.write(first + gap_s + 1, entity=script.other)
    script.do("materialise", first + gap_s + 5)
    script.do("materialise", first + gap_s + 5)
    script.online("after the same moment was published again", first + gap_s + 5)
    script.do("materialise", first + 1)
    script.online("after an earlier moment was published", first + gap_s + 6)
    script.online("after an earlier moment was published", first + gap_s + 6, script.other)


def new_column(script: Script) -> None:
    """A column that is added later: its default holds where a row says nothing, a written None stays None."""
    script.define()
    first, column = script.start_s, COLUMNS[2]
    second, third = first + script.gap_s(), first + (50 if script.small else 8_000)
    default, value = script.rng.choice(["NL", "FR", "DE", "ES"], 2, replace=False).tolist()
    script.write(first)
    script.do("materialise", first)
    script.do("add_column", column, default)
    script.ask("a row from before the column, the default", first)
    script.online("a row published before the column, the default", first + 1)
    script.ask("an entity that was never written, after a column was added", first, entity="nobody")
    script.write(second, country=value)
    script.write(third, country=None)
    script.write(third + 1)
    script.ask("a row with the new column", second)
    script.ask("a written None in a column with a default", third)
    script.ask("a new row that does not mention the column", third + 1)
    script.do("add_column", column, default)
    script.do("add_column", column, value, about="the same column again with another default")
    script.ask("after the column was added again", second)
    script.do("add_column", column, default, about="a column of an unknown view", view="unknown")


def backfilled(script: Script) -> None:
    """A backfill completes rows from the moment when it is known, and leaves their other columns."""
    script.define()
    first = script.start_s
    second = first + script.gap_s()
    moment = second + script.gap_s()
    script.write(first)
    script.write(second)
    script.do("materialise", second)
    script.backfill(second, moment, orders=script.later())
    script.backfill(first - 9, moment, amount_usd=script.value())
    script.ask("one second before a backfill was known", moment - 1)
    script.ask("at the moment when a backfill became known", moment)
    script.ask("the past, with what is known since a backfill", second, moment)
    script.ask("an event of which only a backfill tells", first - 5, moment)
    script.ask("an event that the backfill did not touch", second - 1, moment)
    script.online("a backfill that is not published yet", moment)
    script.do("materialise", moment)
    script.online("a backfill that was published", moment)
    script.backfill(first, moment + 2, amount_usd=script.value())
    script.backfill(first, moment + 1, orders=script.later())
    script.ask("two backfills of a row, of which the later known arrived first", first, moment + 2)
    whole = {"entity": "refused", "event_s": second, "orders": script.later()}
    script.do("backfill", [whole, {**whole, "colour": "red"}], moment, about="a backfill with an unknown column")
    script.ask("a row of a backfill that was refused", moment, entity="refused")
    script.do("backfill", [whole], moment, about="a backfill of an unknown view", view="unknown")


def backfilled_again(script: Script) -> None:
    """A backfill that runs again, or arrives before what it completes, gives the same rows."""
    script.define()
    event_s = script.start_s
    moment = event_s + script.gap_s()
    corrected = moment + script.gap_s()
    script.write(event_s)
    late = script.later()
    script.backfill(event_s, moment, orders=late)
    script.backfill(event_s, moment, orders=late)
    script.ask("after a backfill ran twice", moment)
    script.write(event_s, corrected)
    script.ask("a correction after a backfill", corrected)
    script.backfill(event_s, moment, orders=late)
    script.ask("a correction, after an earlier backfill ran again", corrected)
    script.backfill(event_s + 5, moment, entity=script.other, amount_usd=script.value())
    script.write(event_s + 5, entity=script.other)
    script.ask("a backfill that arrived before the row that it completes", moment, entity=script.other)
    script.backfill(event_s + 5, moment + 1, entity=script.other, amount_usd=script.value())
    script.write(event_s + 5, moment - 1, entity=script.other)
    script.ask("a correction that arrived after a backfill, and was known before it", moment + 1, entity=script.other)


FAMILIES: dict[str, Callable[[Script], None]] = {
    "events": events,
    "knowledge": knowledge,
    "time to live": time_to_live,
    "answers": answers,
    "published": published,
    "aged": aged,
    "published again": published_again,
    "new column": new_column,
    "backfilled": backfilled,
    "backfilled again": backfilled_again,
    "any order": in_any_order,
    "any mixture": random_script,
}
