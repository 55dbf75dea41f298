"""What a test touches while it runs: files it opens, folders it lists, modules it imports by name, processes it starts.

An audit hook hears of it; a hook cannot be taken off, so there is one a process. What a fixture touched while it was
made counts for every test that uses the fixture, and what a module read while it was imported for all that reach it.
"""

import importlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tests.proof.tree import NAMES, NOT_FOLLOWED, Tree

COMMAND = "mlsd/__main__.py"  # what the command `mlsd` starts


class Watch:
    """Gathers paths of `tree` into every set that is open; `at_import`: what each file read while it was imported."""

    def __init__(self, tree: Tree) -> None:
        self.tree, self.prefix = tree, os.path.join(str(tree.root), "")
        self.open_sets: list[set[str]] = []
        self.at_import: dict[str, set[str]] = {}
        self._importing = False
        _ = tree.digests, tree.listings  # read before anything is heard: this room reads every file
        self._import_module = importlib.import_module
        importlib.import_module = self._import_by_name  # one already loaded raises no event
        sys.addaudithook(self._hear)

    @contextmanager
    def into(self, found: set[str]) -> Iterator[None]:
        """Meanwhile what is touched goes into `found` too."""
        self.open_sets.append(found)
        try:
            yield
        finally:
            self.open_sets = [other for other in self.open_sets if other is not found]  # equal ones may be open

    @contextmanager
    def importing(self) -> Iterator[None]:
        """Meanwhile what is touched is put down to the file of the tree whose code does it."""
        self._importing = True
        try:
            yield
        finally:
            self._importing = False

    def _import_by_name(self, name: str, package: str | None = None) -> object:
        self._touched(self.tree.module(name))
        return self._import_module(name, package)

    def _hear(self, event: str, arguments: tuple) -> None:
        if not (self.open_sets or self._importing):
            return
        if event == "open":
            self._touched(self._inside(arguments[0]))
        elif event in ("os.listdir", "os.scandir"):
            if "importlib" in sys._getframe(1).f_code.co_filename:  # finding modules lists folders too
                return
            self._touched(path and f"{path}/" for path in self._inside(arguments[0] or "."))
        elif event == "subprocess.Popen":
            self._touched(self._started([arguments[0], *_words(arguments[1])]))

    def _touched(self, paths: Iterable[str]) -> None:
        found = [path for path in paths if path in self.tree.digests or path in self.tree.listings]
        for open_set in self.open_sets if found else ():
            open_set.update(found)
        if found and self._importing and (reader := self._reader()):
            self.at_import.setdefault(reader, set()).update(found)

    def _inside(self, name: object) -> Iterator[str]:
        """The path in the tree of a file or folder; a compiled file stands for its source."""
        if isinstance(name, (str, bytes, os.PathLike)):
            text = os.path.abspath(os.fsdecode(name))
            if text.startswith(self.prefix):
                inner = text[len(self.prefix) :].replace(os.sep, "/")
                folder, cached, file = inner.partition("__pycache__/")
                yield f"{folder}{file.partition('.')[0]}.py" if cached else inner

    def _started(self, words: Iterable[object]) -> Iterator[str]:
        """The modules and files of the tree that the command line of a process names."""
        for word in words:
            text = os.fsdecode(word) if isinstance(word, (str, bytes, os.PathLike)) else ""
            yield from self._inside(text) if os.path.isabs(text) else ()
            yield from (path for name in NAMES.findall(text) for path in self.tree.module(name))
            if os.path.basename(text) == "mlsd":
                yield COMMAND

    def _reader(self) -> str:
        """The file of the tree that is being imported, else the innermost whose code runs; none that runs the tests."""
        frame, innermost = sys._getframe(2), ""
        while frame is not None:
            code = frame.f_code
            if name := self._own(code.co_filename):
                if code.co_name == "<module>":
                    return name
                innermost = innermost or name
            frame = frame.f_back
        return innermost

    def _own(self, file: str) -> str:
        """The path in the tree of a file of code; empty for others, and for what only runs the tests."""
        if not file.startswith(self.prefix):
            return ""
        inner = file[len(self.prefix) :].replace(os.sep, "/")
        return inner if inner in self.tree.digests and not NOT_FOLLOWED.match(inner) else ""


def _words(arguments: object) -> list[object]:
    return list(arguments) if isinstance(arguments, (list, tuple)) else [arguments]
