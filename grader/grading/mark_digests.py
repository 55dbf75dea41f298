"""What decides marks beside a submission and its limits: tests as released, a suite of ours, what it uses, the seed.

A digest each, kept with every student's results, so that a later run can say what has changed since. Nothing is run.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from grader import secret
from grader.grading.intake.rebuild import is_extra
from grader.grading.intake.submission import Assignment, Submission
from grader.grading.records import LIMITS

ROOT = Path(__file__).parents[2]
SALT = ".mlsd-salt"
TESTS = ("tests", "suite", "hidden", "kit")
NOT_OF_THE_SUITE = {"hidden", "bank"}  # its other folders; a bank decides nothing
SUITE = re.compile(r"grader\.suites(?:\.|\s+import\s+)(\w+)")
SHOWN = "mlsd_lib.lesson"  # what suites show to a reader, which decides no mark
IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+import\s+(\([^)]*\)|.*)|import\s+([\w.]+))", re.MULTILINE)


def decided_by(shared: Assignment, home: Path) -> dict[str, str]:
    """A digest by part: `TESTS`, and "secret" for what the hidden tests are drawn from.

    "tests" are the released notebooks and the course's files; the others are empty for tests that use no suite of ours.
    The secret's is keyed with a salt that lies in `home` and is published nowhere, so that no guess can be tried on it.
    """
    sources = [
        [original.name, [[cell.kind, cell.source if cell.locked else "", cell.entry] for cell in original.cells]]
        for original in shared.originals
    ]
    released = hashlib.sha256(json.dumps([sources, shared.kept_student_files], sort_keys=True).encode())
    for path, content in sorted(shared.files.items()):
        released.update(f"\0{path}\0".encode() + hashlib.sha256(content).digest())
    names = suites_of(shared)
    found = {"tests": released.hexdigest()} | dict.fromkeys(("suite", "hidden", "kit", "secret"), "")
    if not names:
        return found
    folders = [ROOT / "grader" / "suites" / name for name in names]
    whole = [(path, path.relative_to(folder).parts[0]) for folder in folders for path in _files(folder)]
    suite = [path for path, part in whole if part not in NOT_OF_THE_SUITE]
    hidden = [path for path, part in whole if part == "hidden"]
    found |= {"suite": _digest(suite), "hidden": _digest(hidden), "kit": _digest(_used([*suite, *hidden]))}
    keys = [secret.exercise_key(name) for name in names]
    return found | {"secret": keyed(keys, home / SALT) if any(keys) else ""}


def suites_of(shared: Assignment) -> list[str]:
    """The suites of ours that an exercise uses."""
    return sorted(
        {name for original in shared.originals for cell in original.cells for name in SUITE.findall(cell.source)}
    )


def keyed(keys: Iterable[str], salt: Path) -> str:
    """HMAC-SHA256 of `keys` under the salt in a file, which is made if there is none."""
    salt.parent.mkdir(parents=True, exist_ok=True)
    secret.create(salt)
    return hmac.new(secret.read(salt).encode(), " ".join(keys).encode(), hashlib.sha256).hexdigest()


def answers_digest(mine: Submission) -> str:
    """A digest of what is the student's own in a submission: answers and extra cells, each with its text, its kind and
    the cell of the instructor's that an extra one follows; other files. What is equal in it runs alike."""
    notebooks = {**mine.job.notebooks, **mine.unread}
    cells = {name: list(_own_cells(notebook)) for name, notebook in notebooks.items()}
    files = {path: hashlib.sha256(content).hexdigest() for path, content in mine.own.items()}
    return hashlib.sha256(json.dumps([cells, files], sort_keys=True).encode()).hexdigest()


def has_changed(before: Mapping[str, Any], now: Mapping[str, str]) -> bool:
    """True if a test's digest in `extra_data` of a student's results differs from `now`; False where it has none."""
    then = before.get("decided", {})
    return any(then.get(part, digest) != digest for part, digest in now.items())


def reasons(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Why a student is graded again: what differs between the `extra_data` of two results."""
    then, now = before.get("decided"), after["decided"]
    if then is None:
        return ["graded by an earlier version"]
    found = ["a new text"] if then.get("answers") != now.get("answers") else []
    if then and now:
        found += ["a test changed"] if any(then.get(part) != now[part] for part in TESTS) else []
        found += ["the tests' seed changed"] if then.get("secret") != now["secret"] else []
    limits = [(state.get("seed"), limits_of(state)) for state in (before, after)]
    return found + (["a limit or an option changed"] if limits[0] != limits[1] else [])


def limits_of(results: Mapping[str, Any]) -> dict[str, float]:
    """The limits in the `extra_data` of a student's results; what an earlier version wrote there has options too."""
    return {name: results["limits"][name] for name in LIMITS}


@cache
def project_digest() -> str:
    """A digest of everything that grades: these packages with the data in them."""
    return _digest([path for name in ("grader", "mlsd_lib", "notebook_runner") for path in _files(ROOT / name)])


def _own_cells(notebook: Mapping[str, Any]) -> Iterator[list[str]]:
    follows = ""
    for cell in notebook["cells"]:
        entry = cell["metadata"].get("nbgrader", {})
        if is_extra(cell):
            yield [cell["cell_type"], follows, "".join(cell["source"])]
            continue
        follows = cell["id"]
        if not entry.get("locked"):
            yield [cell["cell_type"], "", "".join(cell["source"])]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _digest(paths: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(f"\0{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _used(own: list[Path]) -> list[Path]:
    """Modules of the kit and the library that these files import, and what those import, with data beside them."""
    waiting, known = [path for path in own if path.suffix == ".py"], set(own)
    while waiting:
        for name in _imported(waiting.pop().read_text(encoding="utf-8")):
            for path in _module(name):
                if path not in known:
                    known.add(path)
                    waiting += [path] if path.suffix == ".py" else []
    return sorted(known - set(own))


def _imported(text: str) -> Iterator[str]:
    for package, names, module in IMPORT.findall(text):
        yield package or module
        for name in re.findall(r"\w+", names.partition("#")[0] if names[:1] != "(" else names):
            yield f"{package}.{name}"


@cache
def _module(name: str) -> list[Path]:
    """The files of a module that counts: its own and those of the packages around it, and data with a package."""
    counts = name.startswith(("grader.suite_kit", "mlsd_lib.", "notebook_runner.process_stats"))
    if not counts or name.startswith(SHOWN):
        return []
    found, place = [], ROOT
    for part in name.split("."):
        place = place / part
        found += [path for path in (place / "__init__.py", place.with_suffix(".py")) if path.is_file()]
    if not place.with_suffix(".py").is_file():
        return found
    return found + [path for path in place.parent.iterdir() if path.is_file() and path.suffix not in (".py", ".pyc")]
