"""*Your turn* in the lessons on model serving."""

import math
from collections.abc import Callable
from typing import Any

from mlsd_lib.lesson import Turns

check = Turns()

NAN = float("nan")


def counted(answers_of: Callable[..., Any], requests: list[list[Any]]) -> Any:
    """What the reader's function gives for a model that adds up a row, if it calls it once."""
    calls = []

    def model(rows: list[list[float]]) -> list[float]:
        calls.append(rows)
        return [sum(row) for row in rows]

    answers = answers_of(requests, model)
    assert len(calls) == 1, f"The model was called {len(calls)} times. One call for all rows is what a batch is for."
    return answers


@check.turn(
    "disagree",
    ({"a": [0.1, 0.9], "b": [0.1, 0.9], "c": [0.1, 0.8]}, 1e-6),
    ({"a": [0.25, 0.5], "b": [0.25, NAN]}, 0.1),
    ({"a": [0.25, 0.5], "b": [0.25], "c": [0.25, 0.5, 0.5]}, 0.1),
    ({"a": [0.25, 0.5], "b": [None, 0.5]}, 0.1),
    ({"a": [1e-4, 0.5], "b": [2e-4, 0.5]}, 1e-3),
)
class Disagree:
    """A server agrees if it has as many scores as the first, and for each pair abs(a - b) <= tolerance."""

    def right(scores, tolerance):
        first, *others = scores
        off = []
        for name in others:
            pairs = zip(scores[first], scores[name])
            same = len(scores[name]) == len(scores[first])
            if not (same and all(b is not None and abs(a - b) <= tolerance for a, b in pairs)):
                off.append(name)
        return off

    def compares_the_means(scores, tolerance):
        """Compare every score; in the mean a difference may be lost."""
        first, *others = scores
        base = scores[first]
        return [n for n in others if abs(sum(scores[n]) / len(scores[n]) - sum(base) / len(base)) > tolerance]

    def names_those_that_agree(scores, tolerance):
        """Name those that do not agree, not those that do."""
        first, *others = scores
        base = scores[first]
        return [n for n in others if all(abs(a - b) <= tolerance for a, b in zip(base, scores[n]))]

    def any_beyond_the_tolerance(scores, tolerance):
        """Every comparison with NaN is false: test for what must hold, not for what must not."""
        first, *others = scores
        base = scores[first]
        return [n for n in others if any(abs(a - b) > tolerance for a, b in zip(base, scores[n]))]

    def ignores_the_lengths(scores, tolerance):
        """zip ends with the shorter list: compare the lengths too."""
        first, *others = scores
        base = scores[first]
        return [n for n in others if not all(abs(a - b) <= tolerance for a, b in zip(base, scores[n]))]

    def relative_tolerance(scores, tolerance):
        """The tolerance is of a probability, so absolute: do not divide by the score."""
        first, *others = scores
        base = scores[first]

        def good(x):
            return len(x) == len(base) and None not in x and all(abs(a - b) <= tolerance * a for a, b in zip(base, x))

        return [n for n in others if not good(scores[n])]


@check.turn("cores-needed", (1_000, 2.0, 0.5), (100, 1.5, 0.6), (2_000, 0.9, 0.6), (500, 7.0, 0.6))
class CoresNeeded:
    """Rate times seconds of CPU is how many cores are busy on average; divide by the share, round up."""

    def right(rate_per_s, cpu_ms, busy):
        import math

        return math.ceil(rate_per_s * cpu_ms / 1000 / busy)

    def without_the_share(rate_per_s, cpu_ms, busy):
        """The share that a core may be busy is missing."""
        return math.ceil(rate_per_s * cpu_ms / 1000)

    def milliseconds_as_seconds(rate_per_s, cpu_ms, busy):
        """Milliseconds: divide by 1,000 to get seconds."""
        return math.ceil(rate_per_s * cpu_ms / busy)

    def multiplies_by_the_share(rate_per_s, cpu_ms, busy):
        """A lower share needs more cores: divide by it."""
        return math.ceil(rate_per_s * cpu_ms / 1000 * busy)

    def rounds_to_no_core(rate_per_s, cpu_ms, busy):
        """Less than one core is one core: round up."""
        return int(rate_per_s * cpu_ms / 1000 / busy)

    def rounds_down(rate_per_s, cpu_ms, busy):
        """A part of a core is a whole one: round up."""
        return max(1, int(rate_per_s * cpu_ms / 1000 / busy))


@check.turn("split", ([[[1, 1]], [[2, 2]]],), ([[[1]], [[2], [3]], [[4]]],), ([[], [[5]]],), through=counted)
class AnswersOf:
    """Put all rows into one list, call the model once, then hand out as many scores as each request had rows."""

    def right(requests, model):
        scores = iter(model([row for rows in requests for row in rows]))
        return [[next(scores) for _ in rows] for rows in requests]

    def a_call_for_each_request(requests, model):
        """One call for all rows is what a batch is for."""
        return [model(rows) for rows in requests]

    def one_score_without_a_list(requests, model):
        """A list for each request, also where it sent one row."""
        return [score for scores in AnswersOf.right(requests, model) for score in scores]

    def equal_numbers_of_rows(requests, model):
        """Requests have different numbers of rows: give each as many scores as it sent rows."""
        scores = iter(model([row for rows in requests for row in rows]))
        return [[next(scores)] for rows in requests]

    def skips_empty_requests(requests, model):
        """A request without rows gets an empty list."""
        return [scores for scores in AnswersOf.right(requests, model) if scores]


@check.turn(
    "newest",
    (["1", "2"],),
    (["9", "10"],),
    (["3", "copying", "notes.txt"],),
    ([],),
    (["copying"],),
    (["2", "-7", "4.tmp"],),
)
class Newest:
    """ "12".isdecimal() is true, "copying".isdecimal() is not; max takes default=None."""

    def right(names):
        return max((int(name) for name in names if name.isdecimal()), default=None)

    def compares_text(names):
        """As text "9" comes after "10": compare numbers."""
        found = max((n for n in names if n.isdecimal()), default=None)
        return None if found is None else int(found)

    def zero_for_none(names):
        """Where there is no version the answer is None."""
        return max((int(n) for n in names if n.isdecimal()), default=0) or (None if not names else 0)

    def digits_of_any_name(names):
        """4.tmp is not a whole number."""
        return max((int(n.split(".")[0]) for n in names if n[0].isdecimal()), default=None)
