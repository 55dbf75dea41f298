"""The cases of *your turn* in the second lesson on model serving."""

from collections.abc import Callable
from typing import Any

from mlsd_lib.lesson import Exercise, case, checks


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
