"""A bar for a cell that takes long, seen only by a reader, and only once the wait is one."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from mlsd_lib.lesson.reader import someone_is_there

WAIT_S = 2.0
"""No bar is drawn for what is done within these seconds."""
Item = TypeVar("Item")


def progress(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """The `items`, one after the other, with a bar named `what` while a reader waits for them.

    `total`: how many, where `items` has no length.
    """
    from tqdm.auto import tqdm

    yield from tqdm(items, desc=what, total=total, delay=WAIT_S, leave=False, disable=not someone_is_there())
