"""The files of a checkout, what each of them names, and so what a test can reach.

No import graph shows what a test depends on: much is started by name, in other processes, or read as data. So the rule
is generous: a file reaches each module whose dotted name stands anywhere in its text, and each file whose name stands
there as a string. All files of an exercise, of a case study or of a lesson go together.
"""

import ast
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

PACKAGES = "mlsd_lib|notebook_runner|lessons|grader|case_studies|tests|benchmarks"
# The command line's package bears the name of the command, a word of every second text: alone it names nothing.
NAMES = re.compile(rf"\b(?:{PACKAGES})(?:\.[A-Za-z_]\w*)*|\bmlsd(?:\.[A-Za-z_]\w*)+|(?<=-m', ')mlsd\b")
FROM = re.compile(rf"\bfrom\s+((?:{PACKAGES}|mlsd\b)[\w.]*)\s+import\s+(\([^)]*\)|[^\n\\\"]*)")
STRINGS = re.compile(r"[\"']([\w./-]+\.\w+)[\"']")
SKIPPED = {"__pycache__", "classroom", "node_modules", "build", "runs"}
NOT_FOLLOWED = re.compile(r"tests/(?:conftest|needs|machine|waiting|worker_scheduling)\.py$|tests/proof/")
"""They say which tests run, in which order and how that is told. A change of theirs counts; what they name does not."""
UNITS = (
    ("exercise", re.compile(r"(?:grader/suites|solutions|exercises)/(\w+)/")),
    ("exercise", re.compile(r"tests/grader/suites/hooks_(\w+)\.py$")),
    ("case", re.compile(r"(?:tests/)?case_studies/(\w+)/")),
    ("lesson", re.compile(r"lessons/(\w+)/")),
    ("lesson", re.compile(r"chapters/(?:.*/)?(?:\d+[a-z]?_)?(\w+)\.\w+$")),
)


class Tree:
    """The files below `root` by their path from there, each with the digest of its content; read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._named: dict[str, frozenset[str]] = {}

    @cached_property
    def digests(self) -> dict[str, str]:
        """Path and digest of every file that belongs to the course."""
        return {path: _digest((self.root / path).read_bytes()) for path in sorted(self._files())}

    @cached_property
    def listings(self) -> dict[str, str]:
        """Folder, with a slash at its end, and digest of the names in it."""
        names: dict[str, set[str]] = {}
        for path in self.digests:
            while path:
                path, _, name = path.rpartition("/")
                names.setdefault(f"{path}/", set()).add(name)
        return {folder: _digest("\n".join(sorted(found)).encode()) for folder, found in names.items()}

    @cached_property
    def units(self) -> dict[str, frozenset[str]]:
        """The files that go together, by what they are: an exercise, a case study or a lesson, and its name."""
        found: dict[str, set[str]] = {}
        for path in self.digests:
            if name := unit_of(path):
                found.setdefault(name, set()).add(path)
        return {name: frozenset(paths) for name, paths in found.items() if len(paths) > 1}

    def reached(self, start: Iterable[str]) -> frozenset[str]:
        """The files and folders of `start` and whatever can be reached from them."""
        waiting = [path for path in start if path in self.digests or path in self.listings]
        known = set(waiting)
        while waiting:
            for path in self._next(waiting.pop()):
                if path not in known:
                    known.add(path)
                    waiting.append(path)
        return frozenset(known)

    def state(self, paths: Iterable[str]) -> str:
        """The digest of the contents of these files and of the names in these folders, as they are now."""
        now = [(path, self.digests.get(path) or self.listings.get(path, "")) for path in sorted(paths)]
        return _digest(json.dumps(now).encode())

    def units_named(self, text: str) -> frozenset[str]:
        """The units whose names stand in `text` as words, such as the id of a test."""
        words = set(re.findall(r"\w+", text))
        words |= {re.sub(r"^(?:\d+[a-z]?|test)_", "", word) for word in words}
        return frozenset(unit for unit in self.units if unit.partition(" ")[2] in words)

    def _next(self, path: str) -> Iterable[str]:
        if path not in self._named:
            together = self.units.get(unit_of(path), frozenset())
            readable = path in self.digests and path.endswith((*SHORTENED,)) and not NOT_FOLLOWED.match(path)
            self._named[path] = together | (frozenset(self._names_in(path)) if readable else frozenset())
        return self._named[path]

    def _names_in(self, path: str) -> Iterator[str]:
        text = (self.root / path).read_text(encoding="utf-8", errors="replace")
        text = SHORTENED[os.path.splitext(path)[1]](text)
        for dotted in {*NAMES.findall(text), *re.findall(r"import (bootstrap)", text)}:
            yield from self.module(dotted)
        for package, names in set(FROM.findall(text)):
            for name in re.findall(r"\w+", names):
                yield from self.module(f"{package}.{name}")
        folder = path.rpartition("/")[0]
        for name in set(STRINGS.findall(text)):
            for place in (os.path.normpath(f"{folder}/{name}"), os.path.normpath(name)):
                if place in self.digests:
                    yield place

    def module(self, dotted: str) -> Iterator[str]:
        """The files of the longest beginning of `dotted` that is a module, and of the packages around it."""
        place = ""
        for part in dotted.split("."):
            place = f"{place}/{part}" if place else part
            for path in (f"{place}.py", f"{place}/__init__.py"):
                if path in self.digests:
                    yield path
        if (program := f"{place}/__main__.py") in self.digests:
            yield program

    def _files(self) -> Iterator[str]:
        for folder, inner, names in os.walk(self.root):
            inner[:] = [subfolder for subfolder in inner if not subfolder.startswith(".") and subfolder not in SKIPPED]
            inner[:] = [subfolder for subfolder in inner if not subfolder.endswith(".egg-info")]
            for name in names:
                if not name.endswith((".pyc", ".lock")) and os.path.isfile(os.path.join(folder, name)):
                    yield os.path.relpath(os.path.join(folder, name), self.root).replace(os.sep, "/")


def unit_of(path: str) -> str:
    """The kind and the name of the exercise, case study or lesson that a file belongs to; empty for others."""
    return next((f"{kind} {found[1]}" for kind, pattern in UNITS if (found := pattern.match(path))), "")


def is_another(path: str, units: Iterable[str]) -> bool:
    """Whether the file belongs to another unit than these, of the kind of one of them."""
    unit = unit_of(path)
    return bool(unit) and unit not in units and unit.partition(" ")[0] in {other.partition(" ")[0] for other in units}


def _without_prose(text: str) -> str:
    """Python's text without comments and docstrings; as it is where it cannot be parsed."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return text
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [statement for statement in body if not _is_prose(statement)] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def _without_order(text: str) -> str:
    """The code of a notebook and its metadata, but for the notebooks to be read before; as it is where it is none."""
    try:
        notebook = json.loads(text)
        codes = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
        about = {name: entry for name, entry in notebook["metadata"].get("mlsd", {}).items() if name != "requires"}
    except (ValueError, KeyError, TypeError, AttributeError):
        return text
    return "\n".join([*codes, json.dumps(about, ensure_ascii=False)])


SHORTENED = {".py": _without_prose, ".ipynb": _without_order}
"""By the end of a file's name whose text is looked into: the text without what names other files for people alone."""


def _is_prose(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
