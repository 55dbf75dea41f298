"""A progress bar with rate and time left, on the error stream, so that what a command tells can be piped."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")


def progress(outcomes: Iterable[T], total: int, done: str) -> Iterator[T]:
    """The outcomes as they come, each moving the bar on by one; `done` says what was done to each."""
    columns: list[Any] = [BarColumn(), MofNCompleteColumn(), TextColumn(done), TextColumn("{task.fields[rate]}")]
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total, rate="")
        for one in outcomes:
            bar.advance(task)
            speed = bar.tasks[0].speed
            bar.update(task, rate=f"{60 * speed:.0f} a minute" if speed else "")
            yield one
