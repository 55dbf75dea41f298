"""The student edition: the course without solutions, bank, tests, hidden files, secret; proven by a scan of content."""

import os
import shutil
import tempfile
from pathlib import Path

from grader.course import Course
from grader.errors import GraderError
from grader.released import pack
from grader.workflow.leaks import guarded, scan
from grader.workflow.links import dead_links, without_dead_links
from grader.workflow.release import differences
from grader.write_errors import full_disk_told

PARTS = (
    "chapters", "case_studies", "exercises", "lessons", "mlsd", "mlsd_lib", "notebook_runner",
    "grader/__init__.py", "grader/errors.py", "grader/names.py", "grader/secret.py", "grader/suite_kit",
    "grader/suites", "grader/jupyter", "grader/released.py", "grader/grading/__init__.py",
    "grader/grading/intake/__init__.py",
    "grader/grading/intake/limits.py", "grader/grading/intake/notebook_parser.py", "grader/workflow/__init__.py",
    "grader/workflow/wrong_exercise.py", "grader/write_errors.py",
    "pyproject.toml", "constraints.txt", "Makefile", "bootstrap.py", "environment.yml", "README.md", "LICENSE",
    "pictures", "deploy/jupyterhub/everyone",
)  # fmt: skip
"""What students get. Of the grader that is what their notebooks and `mlsd submit` need, and nothing that grades."""
LEFT_OUT = (
    "hidden", "bank", "instructors", "jupyter_server_config.d", "formgrade_rubric", "runs", "classroom",
    "__pycache__", "*.pyc", "*.egg-info", "*.db", ".*",
)  # fmt: skip


def write_edition(course: Course, to: Path) -> int:
    """How many files the student edition in `to` has.

    Raises `GraderError` if `to` is not empty, an exercise is not what its source generates, something would leak or a
    notebook has a link that leads nowhere; then nothing is left in `to`.
    """
    to = to.resolve()
    _check_place(course.root, to)
    stale = [difference for name in course.assignments() for difference in differences(course, name)]
    if stale:
        raise GraderError(
            f"exercises/ is not what solutions/ gives: {'; '.join(stale)}. First: {course.command('release')}"
        )
    against = guarded(course.root, course.secret_file)
    to.parent.mkdir(parents=True, exist_ok=True)
    with full_disk_told(to.parent), tempfile.TemporaryDirectory(prefix=".edition-", dir=to.parent) as scratch:
        whole = Path(scratch) / "edition"
        _copy(course.root, whole)
        _settle_links(whole)
        if leaks := scan(whole, against):
            reported = "\n".join(f"  {leak.where}: {leak.what}" for leak in leaks[:20])
            raise GraderError(f"the edition was not written, because it would give away:\n{reported}")
        pack(whole)
        if to.exists():
            to.rmdir()
        os.replace(whole, to)
    return sum(path.is_file() for path in to.rglob("*"))


def _check_place(root: Path, to: Path) -> None:
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise GraderError(f"{to} is not an empty folder. Name a new one: mlsd release --to DIR")
    for part in PARTS:
        if not (root / part).exists():
            raise GraderError(f"{root / part} is missing; a student edition is made from the full repository")
        if to.is_relative_to(root / part):
            raise GraderError(
                f"{to} lies inside {root / part}, which is copied. Name a folder outside: mlsd release --to DIR"
            )


def _copy(root: Path, to: Path) -> None:
    to.mkdir(parents=True)
    for part in PARTS:
        (to / part).parent.mkdir(parents=True, exist_ok=True)
        if (root / part).is_dir():
            shutil.copytree(root / part, to / part, ignore=_left_out, symlinks=True)
        else:
            shutil.copy2(root / part, to / part)


def _settle_links(edition: Path) -> None:
    """In markdown files, links to what students do not get become words; a notebook must have none."""
    for path in sorted({path for path, _ in dead_links(edition) if path.suffix == ".md"}):
        path.write_text(without_dead_links(path), encoding="utf-8")
    if left := [f"{path.relative_to(edition)}: {target}" for path, target in dead_links(edition)]:
        raise GraderError(f"links that lead nowhere in the edition: {'; '.join(left[:20])}. Correct or remove them.")


def _left_out(folder: str, names: list[str]) -> set[str]:
    links = {name for name in names if os.path.islink(os.path.join(folder, name))}
    return links | shutil.ignore_patterns(*LEFT_OUT)(folder, names)
