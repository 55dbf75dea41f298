"""What a reader decides in a case study: looked over where it is typed, and what depends on it runs again.

None always means the default.
"""

import os
from collections.abc import Mapping
from functools import cache
from numbers import Integral, Real
from pathlib import Path
from types import ModuleType
from typing import Any

from case_studies.kit.cell_dependencies import dependents, leaves_a_server
from mlsd_lib.lesson.reader import LessonError, someone_is_there
from mlsd_lib.lesson.show import show
from notebook_runner.course import NotebookError, read_json

UNSETTLED = object()
"""In place of a decision's value while what depends on it has not run to its end."""


def must_be_one_of(name: str, value: object, *allowed: object) -> None:
    """Raise `LessonError` unless the decision `name` is left open or has one of the `allowed` values."""
    if value is not None and value not in allowed:
        raise _refused(name, value, f"one of {', '.join(map(repr, allowed))}")


def must_be_number(name: str, value: object, least: float, most: float, whole: bool = False) -> None:
    """Raise `LessonError` unless the decision `name` is left open or a number from `least` to `most`."""
    given = isinstance(value, Integral if whole else Real) and not isinstance(value, bool)
    if value is not None and not (given and least <= value <= most):  # type: ignore[operator]
        raise _refused(name, value, f"a {'whole ' if whole else ''}number from {least:,} to {most:,}")


def rerun(*decisions: str) -> None:
    """Run all cells again that depend on those of the variables `decisions` that have changed since this cell last ran.

    They show their results below this cell, each under its name. Raises `LessonError` for the first cell that fails, or
    that would start a server and leave it running; those after it are not run then.
    """
    if not someone_is_there():
        return
    from IPython import get_ipython

    shell: Any = get_ipython()
    ran = _cells_of(shell)
    values = {name: shell.user_ns[name] for name in decisions}
    changed = {name for name, value in values.items() if ran.decided.setdefault(name, value) != value}
    if not changed:
        return
    ran.decided |= dict.fromkeys(changed, UNSETTLED)
    modules = {name for name, value in shell.user_ns.items() if isinstance(value, ModuleType)}
    cells = ran.below(ran.here())
    again = dependents(cells, changed, modules)
    if not again:
        show(f"Nothing that depends on {' and '.join(sorted(changed))} has run yet. Run on from here.")
    for number, name in enumerate(again, start=1):
        if leaves_a_server(cells[name], shell.user_ns):
            raise LessonError(f"The cell {name} starts a server that another cell stops. Run on by hand from there.")
        show(f"Again, {number} of {len(again)}: {name}", "open")
        if not shell.run_cell(cells[name], store_history=False, cell_id=name).success:
            left = f" Not run: {', '.join(again[number:])}." if again[number:] else ""
            raise LessonError(f"The cell {name} failed, as shown above.{left} Correct it, or decide otherwise.")
    ran.decided |= values


class _Cells:
    """The latest source of each cell that a shell runs from now on, by id, in the order of their first success.

    `decided` holds the value of each decision that was last acted on.
    """

    def __init__(self, shell: Any):
        self.shell, self.sources, self.decided = shell, dict[str, str](), dict[str, Any]()
        shell.events.register("post_run_cell", self.note)

    def here(self) -> str:
        """The id of the cell that the front end had run last; those deleted until then are forgotten."""
        metadata: Mapping[str, Any] = self.shell.get_parent().get("metadata", {})
        for name in metadata.get("deletedCells", ()):
            self.sources.pop(name, None)
        return str(metadata.get("cellId", ""))

    def note(self, result: Any) -> None:
        """Keep what a cell ran, if it could run."""
        self.here()
        name = result.info.cell_id
        if name and (result.success or (name in self.sources and result.error_before_exec is None)):
            self.sources[name] = self.shell.transform_cell(result.info.raw_cell)

    def below(self, here: str) -> dict[str, str]:
        """The sources of the cells after `here`: as the saved notebook has them, if it has all of them."""
        try:
            saved = read_json(Path(os.environ.get("JPY_SESSION_NAME", "")))["cells"]
        except NotebookError:
            saved = []
        places = {cell.get("id"): number for number, cell in enumerate(saved)}
        if {here, *self.sources} <= places.keys():
            after = (name for name in self.sources if places[name] > places[here])
            return {name: self.sources[name] for name in sorted(after, key=places.__getitem__)}
        return {name: source for name, source in self.sources.items() if name != here}


_cells_of = cache(_Cells)


def _refused(name: str, value: object, rule: str) -> LessonError:
    return LessonError(
        f"{name} is {value!r}; it must be {rule}, or None for the default. Correct it and run this cell again."
    )
