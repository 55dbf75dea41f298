"""*Your turn* in the lessons on one job in six tools, on clusters, deaths and memory limits."""

import math
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from mlsd_lib.lesson import Turns

check = Turns()

monday, friday = (2, 500, {31, 32}, 400), (3, 900, {32, 40}, 300)

alone = (1, 120, {31}, 120)

added = "The number of stores cannot be added, and sets are joined: a store that is in both counts once."

negative = "The lines cross left of zero: with smaller start and smaller slope B is quicker from the first line on, 0."

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

rows = "Each task has a row for its start and one for its end; a second row is no second start."


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


@check.turn("merged-parts", (monday, friday), (alone, monday), (friday, alone))
class Merged:
    """One entry after the other: +, +, | and max."""

    def right(a, b):
        return a[0] + b[0], a[1] + b[1], a[2] | b[2], max(a[3], b[3])

    def adds_numbers_of_stores(a, b):
        """The number of stores cannot be added, and sets are joined: a store that is in both counts once."""
        return a[0] + b[0], a[1] + b[1], len(a[2]) + len(b[2]), max(a[3], b[3])

    def stores_in_both_alone(a, b):
        """Stores that are only in one of the parts are missing: join the sets, do not intersect them."""
        return a[0] + b[0], a[1] + b[1], a[2] & b[2], max(a[3], b[3])

    def adds_the_largest(a, b):
        """The largest line of both is the larger of the two, not their sum."""
        return a[0] + b[0], a[1] + b[1], a[2] | b[2], a[3] + b[3]


@check.turn(
    "crossing-point",
    (1.0, 0.002, 9.0, 0.001),
    (1.0, 0.001, 9.0, 0.002),
    (9.0, 0.001, 1.0, 0.002),
    (9.0, 0.002, 1.0, 0.001),
    (1.0, 0.001, 9.0, 0.001),
    (9.0, 0.001, 1.0, 0.001),
)
class Crossing:
    """Two lines are equal where the difference of the starts is made up by that of the slopes. Mind the signs."""

    def right(fixed_a, slope_a, fixed_b, slope_b):
        if slope_b >= slope_a:
            return 0 if fixed_b < fixed_a and slope_b == slope_a else float("inf")
        return max(0.0, (fixed_b - fixed_a) / (slope_a - slope_b))

    def wherever_the_lines_meet(fixed_a, slope_a, fixed_b, slope_b):
        """From there on A is quicker: B has the larger slope, and is quicker only before. That is never."""
        if slope_a == slope_b:
            return 0 if fixed_b < fixed_a else float("inf")
        return (fixed_b - fixed_a) / (slope_a - slope_b)

    def never_below_none_but_left(fixed_a, slope_a, fixed_b, slope_b):
        """The lines cross left of zero: with smaller start and smaller slope B is quicker from the first line on, 0."""
        if slope_b >= slope_a:
            return 0 if slope_a == slope_b and fixed_b < fixed_a else float("inf")
        return (fixed_b - fixed_a) / (slope_a - slope_b)

    def slopes_exchanged(fixed_a, slope_a, fixed_b, slope_b):
        """Lines are never negative. Take B's start minus A's, over A's slope minus B's."""
        if slope_b >= slope_a:
            return 0 if slope_a == slope_b and fixed_b < fixed_a else float("inf")
        return (fixed_b - fixed_a) / (slope_b - slope_a)


@check.turn(
    "started-again", (LOG,), (LOG[:5],), ([["start", 5, "1", 0.0], ["start", 5, "2", 1.0], ["start", 5, "3", 2.0]],)
)
class StartedAgain:
    """Collect the numbers of the rows that say start, then keep those that come more than once."""

    def right(log):
        numbers = [number for what, number, process, at in log if what == "start"]
        return sorted({number for number in numbers if numbers.count(number) > 1})

    def counts_the_ends(log):
        """A task that died in the middle has no end. Count the starts."""
        return StartedAgain.right([("start", *row[1:]) for row in log if row[0] == "end"])

    def counts_the_rows(log):
        """Each task has a row for its start and one for its end; a second row is no second start."""
        return StartedAgain.right([("start", *row[1:]) for row in log])

    def names_each_restart(log):
        """A task that was started three times is named once."""
        numbers = [number for what, number, process, at in log if what == "start"]
        return sorted(number for at, number in enumerate(numbers) if number in numbers[:at])


@check.turn("write-once", ("4711",), ("",), through=two_attempts)
class WriteOnce:
    """path.with_name(...) with the attempt in it, write_text there, then os.replace."""

    def right(path, text, attempt):
        aside = path.with_name(f"{path.name}.{attempt}")
        aside.write_text(text)
        os.replace(aside, path)
        return path

    def under_the_good_name(path, text, attempt):
        """Before the rename the file has its good name already: a reader may see half of it."""
        path.write_text(text)
        return path

    def one_name_for_all_attempts(path, text, attempt):
        """Two attempts write to one file aside, so that each may rename what the other began."""
        aside = path.with_name(path.name + ".aside")
        aside.write_text(text)
        os.replace(aside, path)
        return path

    def never_renamed(path, text, attempt):
        """After the write there is no file under the good name. Rename it."""
        path.with_name(f"{path.name}.{attempt}").write_text(text)
        return path

    def keeps_what_is_there(path, text, attempt):
        """A later attempt replaces what an earlier one left."""
        aside = path.with_name(f"{path.name}.{attempt}")
        aside.write_text(text)
        if not path.exists():
            os.replace(aside, path)
        return path
