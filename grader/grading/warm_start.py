"""What can be begun before it is known what there is to grade: libraries and isolation.

nbgrader takes half a second to load; meanwhile the other processors have nothing to do.

Everything here is a guess that costs nothing if it is wrong. No submission is read.
"""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from grader.grading.analysis.name_analysis import modules, tree_of
from grader.sandbox.isolation import bubblewrap
from grader.sandbox.level import Level
from grader.sandbox.preload_client import PreloadClient
from grader.sandbox.preload_server import PreloadServer
from grader.sandbox.probe import ceiling, trial

NOTEBOOKS = 5
MOST_BYTES = 5_000_000


@contextmanager
def begun_early(folder: Path, name: str) -> Iterator[PreloadClient | None]:
    """The preload server for the assignment `name` of a course in `folder`; all that was begun ends at the end.

    It stands in the outer isolation where bubblewrap is installed and may be used.
    """
    with ExitStack() as ending:
        found: PreloadClient | None = None
        if hasattr(os, "pidfd_open"):
            hidden = [folder] if bubblewrap.program() and ceiling() == Level.NAMESPACES else None
            found = ending.enter_context(PreloadServer(hidden=hidden))
        threading.Thread(target=_try_isolation, args=[found, folder, name], daemon=True).start()
        yield found


def imports_of(folder: Path, name: str) -> list[str]:
    """Modules that notebooks of this name import, wherever they lie below the course's folder."""
    found: set[str] = set()
    for path in sorted(folder.glob(f"*/{name}/*.ipynb"))[:NOTEBOOKS]:
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            if path.stat().st_size <= MOST_BYTES:
                code = [cell for cell in json.loads(path.read_bytes())["cells"] if cell["cell_type"] == "code"]
                for cell in code:
                    found |= modules(tree_of("".join(cell["source"])))
    return sorted(found)


def _try_isolation(preload: PreloadClient | None, folder: Path, name: str) -> None:
    """Whether the outer isolation can be had here is asked again later; by then it is known.

    Libraries are loaded while its process comes up: it needs none of them, and the workers wait for both.
    """
    modules = imports_of(folder, name)
    with suppress(Exception):
        if ceiling() == Level.NAMESPACES:
            trial(preload, modules)
    if preload is not None:
        preload.prepare(modules)
