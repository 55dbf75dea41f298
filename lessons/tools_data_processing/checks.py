"""The cases of *your turn* in the lessons on one job in six tools, on clusters, deaths and memory limits."""

import math
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from mlsd_lib.lesson import Exercise, case, checks

monday, friday = (2, 500, {31, 32}, 400), (3, 900, {32, 40}, 300)

alone = (1, 120, {31}, 120)

added = "The number of stores cannot be added, and sets are joined: a store that is in both counts once."

shared = "Stores that are only in one of the parts are missing: join the sets, do not intersect them."

summed = "The largest line of both is the larger of the two, not their sum."

backwards = "From there on A is quicker: B has the larger slope, and is quicker only before. That is never."

negative = "The lines cross left of zero: with smaller start and smaller slope B is quicker from the first line on, 0."

flipped = "Lines are never negative. Take B's start minus A's, over A's slope minus B's."

never, always = math.inf, 0.0

LOG = [
    ["start", 3, "31", 0.0],
    ["start", 0, "32", 0.1],
    ["end", 3, "31", 0.5],
    ["start", 1, "31", 0.6],
    ["end", 0, "32", 0.6],
    ["start", 3, "32", 0.9],
    ["end", 3, "32", 1.4],
    ["start", 1, "32", 1.4],
    ["end", 1, "32", 1.9],
]

finished = "A task that died in the middle has no end. Count the starts."

rows = "Each task has a row for its start and one for its end; a second row is no second start."

often = "A task that was started three times is named once."


class Killed(BaseException):
    """What the process of a task meets, in the place of its death."""


def two_attempts(write_once: Callable[[Path, str, str], Any], text: str) -> str:
    """What a reader finds after an attempt that dies before its rename, a second that does, and a third that lives."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "7.money"
        left: list[set[str]] = []
        for attempt in ("a", "b"):
            with patch.object(os, "replace", _killed), patch.object(os, "rename", _killed):
                try:
                    write_once(path, text, attempt)
                except Killed:
                    pass
            assert not path.exists(), (
                "Before the rename the file has its good name already: a reader may see half of it."
            )
            left.append({file.name for file in path.parent.iterdir()})
        assert left[0] < left[1], "Two attempts write to one file aside, so that each may rename what the other began."
        gave = write_once(path, text, "c")
        assert path.exists(), "After the write there is no file under the good name. Rename it."
        assert path.read_text() == text, f"The file holds {path.read_text()!r}, and should hold {text!r}."
        assert gave == path, f"It gave {gave!r}; `path` was asked for."
        write_once(path, "later", "d")
        return path.read_text()


def _killed(*_: object, **__: object) -> None:
    raise Killed


EXERCISES = {
    "merged-parts": Exercise(
        [
            case(
                (monday, friday),
                (5, 1400, {31, 32, 40}, 400),
                mistakes={
                    added: (5, 1400, 4, 400),
                    shared: (5, 1400, {32}, 400),
                    summed: (5, 1400, {31, 32, 40}, 700),
                },
            ),
            case((alone, monday), (3, 620, {31, 32}, 400)),
            case((friday, alone), (4, 1020, {31, 32, 40}, 300)),
        ],
        hint="One entry after the other: +, +, | and max.",
    ),
    "crossing-point": Exercise(
        [
            case((1.0, 0.002, 9.0, 0.001), 8000.0, mistakes={flipped: -8000.0}),
            case((1.0, 0.001, 9.0, 0.002), never, mistakes={backwards: -8000.0}),
            case((9.0, 0.001, 1.0, 0.002), never, mistakes={backwards: 8000.0}),
            case((9.0, 0.002, 1.0, 0.001), always, mistakes={negative: -8000.0}),
            case((1.0, 0.001, 9.0, 0.001), never),
            case((9.0, 0.001, 1.0, 0.001), always),
        ],
        hint="Two lines are equal where the difference of the starts is made up by that of the slopes. Mind the signs.",
    ),
    "started-again": Exercise(
        [
            case((LOG,), [1, 3], mistakes={finished: [3], rows: [0, 1, 3]}),
            case((LOG[:5],), [], mistakes={rows: [0, 3]}),
            case(
                ([["start", 5, "1", 0.0], ["start", 5, "2", 1.0], ["start", 5, "3", 2.0]],),
                [5],
                mistakes={often: [5, 5]},
            ),
        ],
        hint="Collect the numbers of the rows that say start, then keep those that come more than once.",
    ),
    "write-once": Exercise(
        [case(("4711",), "later"), case(("",), "later")],
        hint="path.with_name(...) with the attempt in it, write_text there, then os.replace.",
        through=two_attempts,
    ),
}
check = checks(EXERCISES)
