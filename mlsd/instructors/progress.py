"""A progress bar with rate and time left, on the error stream, so that what a command tells can be piped."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

T = TypeVar("T")


def progress(outcomes: Iterable[T], total: int, done: str) -> Iterator[T]:
    """The outcomes as they come, each moving the bar on by one; `done` says what was done to each."""
    columns: list[Any] = [BarColumn(), MofNCompleteColumn(), TextColumn(done), TextColumn("{task.fields[pace]}")]
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task, begun_s = bar.add_task("", total=total, pace=""), time.monotonic()
        for number, outcome in enumerate(outcomes, 1):
            bar.update(task, advance=1, pace=pace(number, total, time.monotonic() - begun_s))
            yield outcome


def pace(number: int, total: int, elapsed_s: float) -> str:
    """The rate and the time left, both by the whole time so far: outcomes come several at once."""
    each_s = max(elapsed_s, 1e-3) / number
    minutes, seconds = divmod(round(each_s * (total - number)), 60)
    return f"{60 / each_s:,.0f} a minute, {minutes}:{seconds:02} left"
