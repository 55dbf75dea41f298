"""What can be begun before it is known what there is to grade: libraries, walls, the workers' server.

nbgrader takes half a second to load; meanwhile the other processors have nothing to do.

Everything here is a guess that costs nothing if it is wrong. No submission is read.
"""

import json
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from grader.engine import names
from grader.engine.nursery import Nurseries, NurseryProcess
from grader.engine.sandbox.levels import trial
from grader.engine.sandbox.view import view

NOTEBOOKS = 5
MOST_BYTES = 5_000_000


@contextmanager
def ahead(folder: Path, name: str) -> Iterator[Nurseries]:
    """The nurseries for the assignment `name` of a course in `folder`; all that was begun has ended at the end."""
    with ExitStack() as ending:
        found = Nurseries()
        if hasattr(os, "pidfd_open"):
            modules = imports_of(folder, name)
            found.open = ending.enter_context(NurseryProcess(modules))
            if shutil.which("bwrap"):
                behind = view(hidden=[folder])
                found.behind_bubblewrap = ending.enter_context(NurseryProcess(modules, behind))
        threading.Thread(target=_try_walls, args=[found.joined()], daemon=True).start()
        _start_server()
        yield found


def imports_of(folder: Path, name: str) -> list[str]:
    """Modules that notebooks of this name import, wherever they lie below the course's folder."""
    found: set[str] = set()
    for path in sorted(folder.glob(f"*/{name}/*.ipynb"))[:NOTEBOOKS]:
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            if path.stat().st_size <= MOST_BYTES:
                for cell in json.loads(path.read_bytes())["cells"]:
                    found |= (
                        names.modules(names.tree_of("".join(cell["source"]))) if cell["cell_type"] == "code" else set()
                    )
    return sorted(one for one in found if one.partition(".")[0] not in sys.stdlib_module_names)


def _try_walls(nurseries: Nurseries) -> None:
    """Which walls can be raised here is asked again later; by then it is known."""
    with suppress(Exception):
        if trial("bubblewrap", nurseries.behind_bubblewrap):
            trial("direct", nurseries.open)
    nurseries.leave()


def _start_server() -> None:
    from multiprocessing import forkserver

    from grader.engine.batch import context

    context()
    forkserver.ensure_running()
