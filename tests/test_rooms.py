"""A module lies beside what uses it: the library holds what several sections, cases or packages call, and no more."""

import ast
import json
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from notebook_runner.course import notebook_paths

ROOT = Path(__file__).parents[1]
PACKAGES = ("mlsd", "grader", "lessons", "case_studies", "mlsd_lib", "notebook_runner")
STARTED = {
    "mlsd_lib.modeling.rank_launcher": "process_group starts it by its path, in every rank's process",
    "mlsd_lib.operations.prometheus_files": "a program: it writes the files of deploy/monitoring",
    "mlsd_lib.serving.client": "load starts it by its path",
    "mlsd_lib.serving.faulty_service": "a program: the lessons on deployment and monitoring start it",
}
"""Modules of the library that are started and not imported, each with what starts it."""


def imported(source: str) -> set[str]:
    """What Python text imports, as `module` or `module.name`; what is imported in a function counts."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def code_of(notebook: Path) -> str:
    """The code of a notebook as one program, in which the first line of a cell with a magic is a comment."""
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    return "\n".join("".join(cell["source"]).replace("%%", "# %%", 1) for cell in cells)


class House:
    """The modules below `root` by dotted name, and who imports which."""

    def __init__(self, root: Path, packages: tuple[str, ...] = PACKAGES) -> None:
        paths = [path for package in packages for path in sorted((root / package).rglob("*.py"))]
        self.texts = {
            self._name(path.relative_to(root)): path.read_text() for path in paths if "bank" not in path.parts
        }
        self.packages = {self._name(path.relative_to(root)) for path in paths if path.name == "__init__.py"}
        self.importers: dict[str, set[str]] = defaultdict(set)
        for module, text in self.texts.items():
            if module not in self.packages or not module.startswith("mlsd_lib"):  # a room hands on, it does not use
                self._uses(module, text)
        for path in notebook_paths(root):
            self._uses(path.relative_to(root).as_posix(), code_of(path))

    @staticmethod
    def _name(path: Path) -> str:
        return ".".join(path.with_suffix("").parts).removesuffix(".__init__")

    def _uses(self, who: str, text: str) -> None:
        for name in imported(text):
            module = self.defining(name)
            if module and module != who:
                self.importers[module].add(who)

    @cache  # noqa: B019 - a house lives as long as the tests
    def defining(self, name: str) -> str:
        """The module that a dotted name is or comes from, through a room that hands it on; empty for a foreign one."""
        if name in self.texts:
            return name
        module, _, last = name.rpartition(".")
        if module in self.packages:
            handed = [dotted for dotted in imported(self.texts[module]) if dotted.rpartition(".")[2] == last]
            return self.defining(handed[0]) if handed else module
        return module if module in self.texts else ""

    def users(self, module: str, seen: frozenset[str] = frozenset()) -> set[str]:
        """The sections, cases and packages that use a module of the library, itself or by way of others."""
        found = set()
        for who in self.importers[module] - seen:
            if who.startswith("mlsd_lib."):
                found |= self.users(who, seen | {module})
            else:
                found.add(self.part(who))
        return found

    def part(self, who: str) -> str:
        """The section, case or package that a module or notebook belongs to."""
        if who.startswith("chapters/"):
            modules = [
                module for module in self.texts if module.startswith("lessons.") and who in self.importers[module]
            ]
            return self.part(modules[0]) if modules else who
        parts = who.replace("/", ".").split(".")
        return ".".join(parts[:2]) if parts[0] in ("lessons", "case_studies") else parts[0]


@pytest.fixture(scope="module")
def house():
    return House(ROOT)


def test_the_library_holds_what_more_than_one_part_of_the_course_uses(house):
    library = [name for name in house.texts if name.startswith("mlsd_lib.") and name not in house.packages]
    used = {name: house.users(name) for name in library if name not in STARTED}
    misplaced = {name: parts for name, parts in used.items() if len(parts) < 2}
    assert misplaced == {}


def test_what_is_said_to_be_started_is_there_and_imported_by_nothing(house):
    assert [name for name in STARTED if name not in house.texts or house.importers[name]] == []


def test_the_kit_holds_what_more_than_one_case_uses(house):
    kit = [name for name in house.texts if name.startswith("case_studies.kit.")]
    alone = {name: {house.part(who) for who in house.importers[name]} - {"case_studies.kit"} for name in kit}
    assert {name: parts for name, parts in alone.items() if len(parts) == 1} == {}


def test_a_section_is_used_by_its_own_notebooks_alone(house):
    sections = [name for name in house.texts if name.startswith("lessons.")]
    foreign = {name: {house.part(who) for who in house.importers[name]} - {house.part(name)} for name in sections}
    assert {name: parts for name, parts in foreign.items() if parts} == {}


def test_a_module_with_one_user_is_found_through_what_hands_it_on(tmp_path):
    files = {
        "mlsd_lib/__init__.py": "",
        "mlsd_lib/data/__init__.py": "from mlsd_lib.data.votes import count",
        "mlsd_lib/data/votes.py": "from mlsd_lib.data import sums",
        "mlsd_lib/data/sums.py": "",
        "lessons/__init__.py": "",
        "lessons/polls/__init__.py": "",
        "lessons/polls/checks.py": "def f():\n    from mlsd_lib.data import count",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    house = House(tmp_path)
    assert house.users("mlsd_lib.data.votes") == house.users("mlsd_lib.data.sums") == {"lessons.polls"}
