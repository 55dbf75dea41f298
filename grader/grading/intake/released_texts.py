"""What students may hold of an exercise: the texts of nbgrader's cells in every version that was released here.

A small file beside the gradebook keeps their fingerprints, and that of the source that the last version came from. No
text and no solution enters it.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.course import Course
from grader.grading.intake.notebook_parser import bare, read
from grader.whole_files import write_whole

VERSIONS = 50  # the newest that are kept
Texts = dict[str, frozenset[str]]  # fingerprints by grade id


def released_texts(course: Course, name: str) -> dict[str, Texts]:
    """Fingerprints of the texts that a cell was released with, by notebook and grade id; empty if nothing is known."""
    found: dict[str, dict[str, set[str]]] = {}
    for version in _record(course, name)["versions"]:
        for notebook, cells in version.items():
            for grade_id, text in cells.items():
                found.setdefault(notebook, {}).setdefault(grade_id, set()).add(text)
    return {notebook: {cell: frozenset(texts) for cell, texts in cells.items()} for notebook, cells in found.items()}


def released_source(course: Course, name: str) -> str:
    """The fingerprint of the source that the last version came from; empty if it is not known."""
    return str(_record(course, name)["source"])


def remember(course: Course, name: str, files: Mapping[str, bytes], source: str = "") -> None:
    """Keep the texts of a released version, whose `files` are by relative name, and the fingerprint of its source."""
    record = _record(course, name)
    version = {path.removesuffix(".ipynb"): _texts(text) for path, text in files.items() if path.endswith(".ipynb")}
    others = [other for other in record["versions"] if other != version]
    new = {"source": source or record["source"], "versions": [*others, version][-VERSIONS:]}
    if new != record:
        write_whole(_file(course, name), json.dumps(new, indent=1, sort_keys=True) + "\n")


def fingerprint(text: str) -> str:
    """What two texts share that differ in white space at ends of lines alone."""
    return hashlib.sha256(bare(text).encode(errors="replace")).hexdigest()[:32]


def _texts(content: bytes) -> dict[str, str]:
    return {cell.grade_id: fingerprint(cell.text) for cell in read(content).cells or [] if cell.grade_id}


def _record(course: Course, name: str) -> dict[str, Any]:
    """The file's content; an empty record if there is none or somebody broke it."""
    try:
        found = json.loads(_file(course, name).read_text(encoding="utf-8"))
        versions = [{str(key): dict(cells) for key, cells in version.items()} for version in found["versions"]]
        return {"source": str(found["source"]), "versions": versions}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {"source": "", "versions": []}


def _file(course: Course, name: str) -> Path:
    return course.home / "released_texts" / f"{name}.json"
