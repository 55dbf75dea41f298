"""Ten questions before the course: the right answers and, for a wrong one, what to read.

The questions stand on the start page; the answers stand here, so that the page asks before it tells. No grade and no
new subject may enter here: a question asks what the lessons take for granted.
"""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from mlsd_lib.lesson.reader import LessonError, record
from mlsd_lib.lesson.show import show
from mlsd_lib.lesson.your_turn import CheckResult, another_unit


class Known(NamedTuple):
    """A right answer, how far a number may lie from it, its unit, and what to read where the answer is another."""

    answer: float | str
    remedy: str
    within: float = 0.0
    unit: str = ""


ANSWERS: dict[str, Known] = {
    "merged-rows": Known(
        4,
        "Two rows with key 1 on each side make four pairs; the keys 2 and 3 find no partner. "
        "Read: pandas user guide, 'Merge, join, concatenate and compare'.",
    ),
    "mean-of-missing": Known(
        2, "pandas leaves missing values out of a mean, and out of its count. Read: 'Working with missing data'."
    ),
    "aligned-sum": Known(
        21,
        "pandas adds entries with the same label, not at the same place. Read: 'Intro to data structures', alignment.",
    ),
    "scaler-rows": Known(
        "train",
        "Whatever is learned from data, a scaler too, is learned from the training rows alone. "
        "Read: scikit-learn, 'Common pitfalls and recommended practices'.",
    ),
    "machine-split": Known(
        "by machine",
        "Rows of one machine resemble each other: split at random, the test asks about machines already seen. "
        "Read: scikit-learn, 'Cross-validation iterators for grouped data'.",
    ),
    "majority-accuracy": Known(
        99,
        "It is right on all 990 negative rows and on nothing else, which is why accuracy says little here. "
        "Read: scikit-learn, 'Metrics and scoring', precision and recall.",
        unit="per cent",
    ),
    "flagged-share": Known(
        15.4,
        "Of 1,000 payments 10 are frauds, 9 of them flagged; 49.5 honest ones are flagged too: 9 of 58.5. "
        "Read: any chapter on Bayes' rule, and look for base rates.",
        within=0.6,
        unit="per cent",
    ),
    "standard-error": Known(
        2,
        "A share p on n rows has the standard error sqrt(p (1 - p) / n), here sqrt(.8 x .2 / 400) = .02. "
        "Read: any chapter on the binomial distribution.",
        within=0.05,
        unit="percentage points",
    ),
    "bad-input-status": Known(
        4,
        "Codes from 400 to 499 say that the request is at fault, from 500 on that the server is. "
        "Read: MDN, 'HTTP response status codes'.",
    ),
    "safe-to-repeat": Known(
        "PUT",
        "PUT says what shall be there afterwards, so twice is the same as once; two POSTs may be two orders. "
        "Read: RFC 9110, section 9.2.2, 'Idempotent methods'.",
    ),
}
UNANSWERED = "Write the answer in place of the three dots above, run that cell, then this one."


def self_check(answers: Mapping[str, Any]) -> list[CheckResult]:
    """A verdict on each answer, shown as one table with the remedy for a wrong one, and kept in the reader's record.

    An answer that is `...` or None counts as not attempted. Raises `LessonError` for a question that does not exist.
    """
    if unknown := [name for name in answers if name not in ANSWERS]:
        raise LessonError(f"There is no question {unknown[0]!r}; there are {', '.join(ANSWERS)}. Restore the name.")
    results = [CheckResult(name, *_verdict(given, ANSWERS[name])) for name, given in answers.items()]
    with record() as connection:
        for result in results:
            row = (f"self-check/{result.id}", result.outcome, time.time())
            connection.execute("INSERT OR REPLACE INTO checks VALUES (?, ?, ?)", row)
    passed = sum(result.outcome == "pass" for result in results)
    tone = "good" if passed == len(results) else "open"
    rows = [(result.outcome, result.id, result.message) for result in results]
    show(f"{passed} of {len(results)} right.", tone, ("", "question", "what to know and to read"), rows)
    return results


def _verdict(given: Any, known: Known) -> tuple[str, str]:
    if given is None or given is ...:
        return "not attempted", UNANSWERED
    if isinstance(known.answer, str):
        right = isinstance(given, str) and given.strip().casefold() == known.answer.casefold()
    elif isinstance(given, bool) or not isinstance(given, int | float):
        return "fail", f"{given!r} is no number. Write a number without quotes."
    else:
        right = abs(given - known.answer) <= known.within + 1e-9
        within = known.within / known.answer + 1e-9
        if known.unit and (confused := another_unit(given, known.answer, within, known.unit)):
            return "fail", confused
    return ("pass", "") if right else ("fail", known.remedy)
