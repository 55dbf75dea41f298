"""The gradebook as it was before a command, for the commands that replace or remove. Nothing heavy at the top."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from mlsd.telling import tell

if TYPE_CHECKING:
    from grader.course import Course


@contextmanager
def gradebook_kept(course: Course, wanted: bool = True) -> Iterator[None]:
    """Copy the gradebook before a command that replaces or removes; the last line names the copy if it changed."""
    from grader.workflow.gradebook_copies import kept_copy

    with kept_copy(course) if wanted else nullcontext() as copy:
        yield
    if copy is not None and copy.exists():
        tell(f"The gradebook as it was before: {copy}")
