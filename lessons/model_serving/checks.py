"""The cases of *your turn* in the lessons on model serving."""

from collections.abc import Callable
from typing import Any

from mlsd_lib.lesson import Exercise, case, checks

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


EXERCISES = {
    "disagree": Exercise(
        [
            case(
                ({"a": [0.1, 0.9], "b": [0.1, 0.9], "c": [0.1, 0.8]}, 1e-6),
                ["c"],
                mistakes={
                    "Compare every score; in the mean a difference may be lost.": [],
                    "Name those that do not agree, not those that do.": ["b"],
                },
            ),
            case(
                ({"a": [0.25, 0.5], "b": [0.25, NAN]}, 0.1),
                ["b"],
                mistakes={"Every comparison with NaN is false: test for what must hold, not for what must not.": []},
            ),
            case(
                ({"a": [0.25, 0.5], "b": [0.25], "c": [0.25, 0.5, 0.5]}, 0.1),
                ["b", "c"],
                mistakes={"zip ends with the shorter list: compare the lengths too.": []},
            ),
            case(({"a": [0.25, 0.5], "b": [None, 0.5]}, 0.1), ["b"]),
            case(
                ({"a": [1e-4, 0.5], "b": [2e-4, 0.5]}, 1e-3),
                [],
                mistakes={"The tolerance is of a probability, so absolute: do not divide by the score.": ["b"]},
            ),
        ],
        hint="A server agrees if it has as many scores as the first, and for each pair abs(a - b) <= tolerance.",
    ),
    "cores-needed": Exercise(
        [
            case(
                (1_000, 2.0, 0.5),
                4,
                mistakes={
                    "The share that a core may be busy is missing.": 2,
                    "Milliseconds: divide by 1,000 to get seconds.": 4_000,
                    "A lower share needs more cores: divide by it.": 1,
                },
            ),
            case((100, 1.5, 0.6), 1, mistakes={"Less than one core is one core: round up.": 0}),
            case((2_000, 0.9, 0.6), 3, within=0.0),
            case((500, 7.0, 0.6), 6, mistakes={"A part of a core is a whole one: round up.": 5}),
        ],
        hint="Rate times seconds of CPU is how many cores are busy on average; divide by the share, round up.",
    ),
    "split": Exercise(
        [
            case(
                ([[[1, 1]], [[2, 2]]],),
                [[2], [4]],
                mistakes={
                    "A list for each request, also where it sent one row.": [2, 4],
                },
            ),
            case(
                ([[[1]], [[2], [3]], [[4]]],),
                [[1], [2, 3], [4]],
                mistakes={
                    "Requests have different numbers of rows: give each as many scores as it sent rows.": [
                        [1],
                        [2],
                        [3],
                    ]
                },
            ),
            case(([[], [[5]]],), [[], [5]], mistakes={"A request without rows gets an empty list.": [[5]]}),
        ],
        hint="Put all rows into one list, call the model once, then hand out as many scores as each request had rows.",
        through=counted,
    ),
    "newest": Exercise(
        [
            case((["1", "2"],), 2),
            case((["9", "10"],), 10, mistakes={'As text "9" comes after "10": compare numbers.': 9}),
            case((["3", "copying", "notes.txt"],), 3),
            case(([],), None),
            case((["copying"],), None, mistakes={"Where there is no version the answer is None.": 0}),
            case((["2", "-7", "4.tmp"],), 2, mistakes={"4.tmp is not a whole number.": 4}),
        ],
        hint='"12".isdecimal() is true, "copying".isdecimal() is not; max takes default=None.',
    ),
}
check = checks(EXERCISES)
