"""Imports point one way: the line that design draws, and fixtures that breach it."""

import ast
import graphlib
import json
import sys
from pathlib import Path

import grimp
import pytest

from grader.suite_kit.answer import is_hidden

ROOT = Path(__file__).parents[1]
ROOMS = ("lesson", "datasets", "data", "modeling", "serving", "simulation", "operations")
MAY_IMPORT = {
    "notebook_runner": set(),
    "mlsd_lib": {"notebook_runner"},
    "lessons": {"mlsd_lib", "notebook_runner"},
    "case_studies": {"mlsd_lib", "notebook_runner"},
    "grader": {"mlsd_lib", "notebook_runner"},
    "mlsd": {"grader", "mlsd_lib", "notebook_runner"},
}
PACKAGES = tuple(MAY_IMPORT)
NOTEBOOKS_MAY_IMPORT = ("case_studies", "grader.suites", "lessons", "mlsd_lib", "notebook_runner")


def breaches(graph: grimp.ImportGraph, library: str = "mlsd_lib") -> list[str]:
    """Every import that goes against the direction, as 'importer -> imported'."""
    return [
        f"{importer} -> {imported}"
        for importer in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
        if goes_wrong(importer.split("."), imported.split("."), library)
    ]


def goes_wrong(importer: list[str], imported: list[str], library: str) -> bool:
    if imported[0] == "tests":
        return True
    if importer[0] != imported[0]:
        allowed = {library if name == "mlsd_lib" else name for name in MAY_IMPORT.get(importer[0], set())}
        return imported[0] in (library, *PACKAGES) and imported[0] not in allowed
    if importer[0] == library:
        rooms = [name[1] for name in (importer, imported) if len(name) > 1 and name[1] in ROOMS]
        return len(rooms) == 2 and ROOMS.index(rooms[1]) > ROOMS.index(rooms[0])
    if importer[0] == "case_studies":
        return len(importer) > 1 and len(imported) > 1 and imported[1] not in (importer[1], "kit")
    if importer[0] == "lessons":
        return len(importer) > 1 and len(imported) > 1 and importer[1] != imported[1]
    return False


def circles(graph: grimp.ImportGraph, package: str) -> list[str]:
    """Parts of `package`, on any floor, that import each other, as 'one <-> another <- ...': each circle once."""
    packages = {name.rpartition(".")[0] for name in graph.modules if name.startswith(f"{package}.")}
    return [told for subpackage in sorted(packages) for told in _circles_on_a_floor(graph, subpackage)]


def _circles_on_a_floor(graph: grimp.ImportGraph, package: str) -> list[str]:
    depth = package.count(".") + 1
    order: dict[str, set[str]] = {}
    for importer in graph.modules:
        one = _part(importer, package, depth)
        for imported in graph.find_modules_directly_imported_by(importer) if one else ():
            other = _part(imported, package, depth)
            if other and other != one:
                order.setdefault(one, set()).add(other)
    try:
        graphlib.TopologicalSorter(order).prepare()
    except graphlib.CycleError as error:
        return [" <- ".join(error.args[1])]
    return []


def _part(module: str, package: str, depth: int) -> str:
    """The part of `package` that a module belongs to; empty for what lies elsewhere."""
    return ".".join(module.split(".")[: depth + 1]) if module.startswith(f"{package}.") else ""


def notebook_breaches(path: Path) -> list[str]:
    """What a notebook imports of ours that it may not."""
    cells = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    names = set()
    for cell in cells:
        for node in ast.walk(ast.parse("".join(cell["source"]).replace("%%tool_script ", "# a program: ", 1))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
    ours = {name for name in names if name.split(".")[0] in (*PACKAGES, "tests", "bootstrap")}
    may = tuple(f"{package}." for package in NOTEBOOKS_MAY_IMPORT)
    return sorted(name for name in ours if not name.startswith(may) or is_hidden(name))


def notebooks() -> list[Path]:
    folders = [ROOT / name for name in ("chapters", "case_studies", "solutions", "exercises")]
    found = [path for folder in folders for path in sorted(folder.rglob("*.ipynb"))]
    return [path for path in found if ".ipynb_checkpoints" not in path.parts]


def test_imports_point_one_way():
    graph = grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)
    assert breaches(graph) == []


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_notebook_imports_only_what_notebooks_may(path):
    assert notebook_breaches(path) == []


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for parent in path.parents:
            if parent == folder:
                break
            (parent / "__init__.py").touch()


@pytest.fixture
def a_package_with_breaches(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    files = {
        "breached_lib/data/join.py": "import breached_lib.serving.app\nimport breached_lib.lesson.show\nimport grader",
        "breached_lib/serving/app.py": "from breached_lib.data import join",
        "breached_lib/lesson/show.py": "",
    }
    write(tmp_path, files)
    yield "breached_lib"
    for name in [n for n in sys.modules if n.startswith("breached_lib")]:
        del sys.modules[name]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_two_parts_of_a_package_import_each_other(package):
    assert circles(grimp.build_graph(package, cache_dir=None), package) == []


FLOORS = [["workflow", "answer_bank"], ["grading"], ["sandbox"], ["suites"], ["suite_kit"]]


def test_the_graders_rooms_import_downwards():
    floor = {f"grader.{name}": number for number, names in enumerate(FLOORS) for name in names}
    graph = grimp.build_graph("grader", cache_dir=None)
    wrong = []
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            one, other = (_part(module, "grader", 1) for module in (importer, imported))
            if floor.get(other, 99) < floor.get(one, 0):
                wrong.append(f"{importer} -> {imported}")
    assert wrong == []


def test_parts_that_import_each_other_by_way_of_a_third_are_found(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    files = {
        "circled/a/one.py": "from circled.b import two",
        "circled/b/two.py": "def f():\n    from circled.c import three",
        "circled/c/three.py": "from circled.a import other",
        "circled/a/other.py": "",
    }
    write(tmp_path, files)
    (found,) = circles(grimp.build_graph("circled", cache_dir=None), "circled")
    assert set(found.split(" <- ")) == {"circled.a", "circled.b", "circled.c"}


def test_a_room_that_imports_a_later_one_or_the_grader_is_found(a_package_with_breaches):
    graph = grimp.build_graph(a_package_with_breaches, include_external_packages=True, cache_dir=None)
    assert breaches(graph, library=a_package_with_breaches) == [
        "breached_lib.data.join -> breached_lib.serving.app",
        "breached_lib.data.join -> grader",
    ]


@pytest.mark.parametrize(
    ("importer", "imported", "wrong"),
    [
        ("case_studies.fraud.models", "case_studies.moderation.models", True),
        ("case_studies.fraud.models", "case_studies.fraud.data", False),
        ("case_studies.fraud.models", "grader.suite_kit.points", True),
        ("grader.workflow.stock", "tests.kernels", True),
        ("grader.workflow.stock", "notebook_runner", False),
        ("mlsd_lib.doctor", "mlsd_lib.lesson", False),
    ],
)
def test_the_direction_between_packages(importer, imported, wrong):
    assert goes_wrong(importer.split("."), imported.split("."), "mlsd_lib") is wrong


def test_a_notebook_that_imports_the_graders_inside_is_found(tmp_path):
    source = (
        "import tests.needs\nfrom grader.suites import minimize_cost\nfrom grader.suites.minimize_cost import hidden"
    )
    cells = [{"cell_type": "code", "source": source}]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    assert notebook_breaches(tmp_path / "n.ipynb") == ["grader.suites.minimize_cost.hidden", "tests.needs"]


@pytest.mark.parametrize(
    ("begins", "heavy"),
    [
        ("mlsd_lib.lesson, grader", ["torch", "pandas", "sklearn", "scipy", "matplotlib"]),  # a lesson's process
        ("mlsd.cli", ["numpy", "pydantic", "nbgrader", "nbformat"]),  # every command, `mlsd --help` too
        (
            "grader.grading.batch, grader.workflow.release",
            ["numpy", "nbgrader"],
        ),  # `mlsd grade`, before it looks around
    ],
)
def test_what_a_process_begins_with_pulls_in_nothing_heavy(begins, heavy):
    import subprocess

    code = f"import sys, {begins}; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
