"""One hostile or broken submission: how it is made from the right notebook, and what must become of it.

`case(name, *edits, ...)` reads as a line of a table. Edits change the notebook in place, in order. Points not named in
`lost`, `part` or `either` must all be there; nothing here knows a grader.
"""

import copy
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.attacks.course import TOKENS
from tests.attacks.course.ps1 import PS1
from tests.attacks.foreign_course import answered, released, submit
from tests.attacks.host import MARK, Host

Notebook = dict[str, Any]
Edit = Callable[[Notebook], None]
EVERY = frozenset(PS1.maxima)


@dataclass(frozen=True)
class Case:
    """A submission of problem set 1 and its expectation.

    `lost`: test cells worth 0; `part`: those worth this; `either`: those worth anything (only the student's own harm).
    `flagged`: words that the flags on it must hold, "*" for any. `verdicts`: what a test's verdict must be. `script`:
    it carries a script, which must not run in feedback. `size_mb`: the most that may lie in its autograded folder.
    """

    name: str
    edits: tuple[Edit, ...] = ()
    kind: str = ""
    starter: bool = False
    encode: Callable[[Notebook], bytes] | None = None
    file: str | None = "ps1.ipynb"
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    special: Callable[[Path, Mapping[str, str]], None] | None = None
    lost: Collection[str] = ()
    part: Mapping[str, float] = field(default_factory=dict)
    either: Collection[str] = ()
    flagged: tuple[str, ...] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)
    script: bool = False
    size_mb: float = 20

    @property
    def marks(self) -> dict[str, float]:
        """What each test cell must earn; cells in `either` left out."""
        full = {name: points for name, points in PS1.maxima.items() if name not in self.either}
        return full | dict.fromkeys(self.lost, 0.0) | dict(self.part)

    def write(self, course: Path, places: Mapping[str, str]) -> Path:
        """Hand it in; @NAME@ in any text becomes the place of that name."""
        known = {**places, "mark": f"{MARK}-{places['run']}-{self.name}"}
        folder = course / "submitted" / self.name / "ps1"
        folder.mkdir(parents=True)
        notebook = {self.file: self.content(course)} if self.file else {}
        for name, text in {**notebook, **self.files}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            content = text.encode() if isinstance(text, str) else text
            path.write_bytes(filled(content.decode("latin-1"), known).encode("latin-1"))
        if self.special:
            self.special(folder, known)
        return folder

    def content(self, course: Path) -> bytes:
        """The notebook's bytes."""
        notebook = copy.deepcopy(released(course, "ps1")) if self.starter else answered(course, PS1)
        for edit in self.edits:
            edit(notebook)
        return self.encode(notebook) if self.encode else json.dumps(notebook).encode()


def case(name: str, *edits: Edit, **expected: Any) -> Case:
    """A case; `lost` and the like may name a test by its task ("mean" for "mean-test")."""
    for key in ("lost", "either"):
        if isinstance(expected.get(key), str):
            expected[key] = expected[key].split()
        expected[key] = [_test(test) for test in expected.get(key, ())]
    for key in ("part", "verdicts"):
        expected[key] = {_test(test): value for test, value in expected.get(key, {}).items()}
    if isinstance(expected.get("flagged"), str):
        expected["flagged"] = tuple(expected["flagged"].split())
    return Case(name, edits, **expected)


def of_kind(kind: str, cases: list[Case]) -> list[Case]:
    return [replace(case, kind=kind) for case in cases]


def hand_in(course: Path, cases: list[Case], host: Host, honest: list[str]) -> None:
    """Lay the cases and right submissions of honest students into the course, and open all of it to everybody."""
    for case in cases:
        case.write(course, host.places)
    token = f"# {TOKENS['neighbour']}\n"
    whole_work = answered(course, PS1, {"mean": token + PS1.task("mean").right})
    for student in honest:
        submit(course, student, "ps1", {"ps1.ipynb": json.dumps(whole_work).encode()})
    host.open_up()


def answer(**sources: str) -> Edit:
    """Replace answer cells by task name; `why` is the manual one."""
    return lambda notebook: [find(notebook, name).update(source=text.strip("\n")) for name, text in sources.items()]


def wrong(task: str, name: str, after: str = "", before: str = "") -> Edit:
    """A wrong answer of the problem set, with more code around it."""
    return answer(**{task: f"{before}\n{PS1.task(task).wrong[name]}\n{after}"})


def right(task: str, before: str = "", after: str = "") -> Edit:
    """The right answer with more code around it."""
    return answer(**{task: f"{before}\n{PS1.task(task).right}\n{after}"})


def extra(source: str, before: str | None = None, kind: str = "code", name: str = "extra", **metadata: Any) -> Edit:
    """A cell of the student's own before the named cell, or at the end."""
    more = {"outputs": [], "execution_count": None} if kind == "code" else {}

    def edit(notebook: Notebook) -> None:
        own = {"cell_type": kind, "id": name, "metadata": metadata, "source": source.strip("\n"), **more}
        cells = notebook["cells"]
        cells.insert(cells.index(find(notebook, before)) if before else len(cells), own)

    return edit


def change(name: str, **parts: Any) -> Edit:
    """Replace parts of a cell; a function gets the old part."""

    def edit(notebook: Notebook) -> None:
        cell = find(notebook, name)
        for key, value in parts.items():
            cell[key] = value(cell.get(key)) if callable(value) else value

    return edit


def mark(name: str, **entries: Any) -> Edit:
    """Change entries of a cell's nbgrader metadata."""
    return lambda notebook: find(notebook, name)["metadata"]["nbgrader"].update(entries)


def tag(name: str, *tags: str) -> Edit:
    return lambda notebook: find(notebook, name)["metadata"].update(tags=list(tags))


def drop(*names: str) -> Edit:
    """Delete cells."""
    return lambda notebook: [notebook["cells"].remove(find(notebook, name)) for name in names] and None


def whole(function: Callable[[Notebook], Any]) -> Edit:
    """Do something to the notebook as a whole."""
    return lambda notebook: function(notebook) and None


def find(notebook: Notebook, name: str) -> Notebook:
    return next(cell for cell in notebook["cells"] if cell.get("id") == name)


def _test(name: str) -> str:
    return name if name in EVERY else f"{name}-test"


def filled(text: str, places: Mapping[str, str]) -> str:
    """The text with every @NAME@ that is a place replaced."""
    for name, place in places.items():
        text = text.replace(f"@{name.upper()}@", place)
    return text
