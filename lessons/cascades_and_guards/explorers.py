"""What a reader may set in the lesson on cascades: who answers which question, and the price of a mistake."""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from matplotlib.axes import Axes

from lessons.cascades_and_guards.two_models import Answers, ask_both
from mlsd_lib.lesson import plotting as plot
from mlsd_lib.lesson.explorer import SIZE, Explorer, Setting, Verdict

SMALL, PERSON = 0.1, 20  # prices of an answer, in answers of the large model
ASKED, MOST = 500, 5_400  # the price of a mistake in the question, and what 1,000 questions may cost
SHARES = np.linspace(0, 0.3, 31)


@dataclass(frozen=True)
class Counted:
    """Of 1,000 questions: how many the large model answers, are sent on to people, and are answered wrongly."""

    escalated: float
    sent: float
    wrong: float
    wrong_unseen: float
    """Wrong answers of the small model that nobody looks at again."""

    def bill(self, people: int, mistake: float) -> np.ndarray:
        """Models, people and mistakes, in answers of the large model, (3,); people on duty are paid, busy or not."""
        return np.array([1_000 * SMALL + self.escalated, people * PERSON, self.wrong * mistake])


@dataclass(frozen=True)
class Billed:
    """What 1,000 questions cost with the chosen share, and with each of `SHARES`, (31, 3): models, people, mistakes."""

    share: float
    counted: Counted
    bill: np.ndarray
    at_each: np.ndarray


def people_at_the_end(asked: Answers | None = None) -> Explorer:
    """A cascade that ends with people; without `asked`, the answers of the lesson's first seed."""
    asked = asked or lesson_answers()
    return Explorer(
        f"A mistake costs as much as {ASKED} answers of the large model, a person's answer as much as {PERSON}. "
        f"Find a cascade that answers 1,000 questions for at most {MOST:,}, mistakes included.",
        (
            Setting("threshold", "large model below a confidence of", {"0.9": 0.9, "0.99": 0.99}, "0.9"),
            Setting("share", "of its answers, sent to people (%)", {"1": 0.01, "5": 0.05, "20": 0.2}, "20"),
            Setting("people", "capacity of people (of 1,000 questions)", {"10": 10, "50": 50, "200": 200}, "10"),
            Setting("mistake", "price of a mistake", {"20": 20, "500": 500}, "500"),
        ),
        partial(answer, asked),
        _draw,
        _judge,
    )


@cache
def lesson_answers() -> Answers:
    """The answers of both models in the ten splits of the lesson's first seed."""
    return ask_both(np.random.default_rng(0), 10)


def answer(asked: Answers, threshold: float, share: float, people: int, mistake: float) -> Billed:
    """Answers all questions by such a cascade, and with other shares that are sent on."""
    counted = count(asked, threshold, share, people)
    each = [count(asked, threshold, one, people).bill(people, mistake) for one in SHARES]
    return Billed(share, counted, counted.bill(people, mistake), np.array(each))


def count(asked: Answers, threshold: float, share: float, people: int) -> Counted:
    """Sends on those answers of which the large model is least sure; people take them as they come, and are right.

    People give `people` answers to 1,000 questions. Where more are sent on, the large model's answer stays.
    """
    escalated, right = asked.cascade(threshold)
    doubtful = np.quantile(asked.large_margin[escalated], share)
    sent = escalated & (asked.large_margin < doubtful)
    by_people = sent & (sent.cumsum(axis=1) <= people * sent.shape[1] / 1_000)
    wrong = ~right & ~by_people
    return Counted(*(1_000 * float(one.mean()) for one in (escalated, sent, wrong, wrong & ~escalated)))


def _draw(found: Billed) -> Axes:
    return plot.lines(
        {"all costs": found.at_each.sum(axis=1), "mistakes": found.at_each[:, 2]},
        "What 1,000 questions cost",
        "large model's answers sent to people (%)",
        "cost (large answers)",
        at=100 * SHARES,
        moments={"chosen": 100 * found.share},
        levels={"asked": MOST},
        y_range=(0, 1.25 * max(found.at_each.sum(axis=1).max(), MOST)),
        better="down",
        size=SIZE,
    )


def _judge(found: Billed, threshold: float, share: float, people: int, mistake: float) -> Verdict:
    models, staff, mistakes = found.bill
    total = found.bill.sum()
    measured = (
        f"{found.counted.wrong:.0f} of 1,000 questions are answered wrongly. The cascade costs {total:,.0f}: "
        f"{models:,.0f} for the models, {staff:,.0f} for people, {mistakes:,.0f} for mistakes."
    )
    if mistake != ASKED:
        return Verdict(measured, False, f"the question is about a mistake that costs {ASKED}.")
    if total <= MOST:
        reason = f"people are sent the {found.counted.sent:.0f} most doubtful answers, about as many as they can give"
        return Verdict(measured, True, f"{reason}.")
    return Verdict(measured, False, f"{_why_too_much(found.counted, people, staff > mistakes)}.")


def _why_too_much(counted: Counted, people: int, staff_costs_most: bool) -> str:
    if counted.wrong_unseen > counted.wrong / 2:
        return f"{counted.wrong_unseen:.0f} of these mistakes are the small model's, and nobody looks at them again"
    if counted.sent > 1.5 * people:
        return (
            f"{counted.sent:.0f} answers are sent on and people take the first {people}: the most doubtful ones wait "
            "with all others"
        )
    if people > 1.5 * counted.sent:
        return f"{people} answers of people are paid for, and {counted.sent:.0f} are sent on"
    if staff_costs_most:
        return "so many people cost more than the mistakes that they prevent"
    return f"{people} answers of people reach few of the mistakes"
