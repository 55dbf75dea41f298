"""The one writer: what was graded goes into nbgrader's gradebook, the autograded folder and `results.json`.

Files are staged beside their place, the gradebook is committed, then the files are renamed into place. The commit is
the point of truth: whatever is killed in between is finished or done again by the next run. Nothing here grades.
"""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from grader.course import STAMP
from grader.grading.intake.submission import Assignment
from grader.grading.output.gradebook import Book
from grader.grading.output.render import Graded
from grader.whole_files import write_whole
from grader.write_errors import full_disk_told

STAGED = ".mlsd-staged-"
OLD = ".mlsd-old"


class Record:
    """Writes the record of one exercise of one course. Close the book that it is given.

    `reached` is called with the name of each point of writing that was reached; tests end the process there.
    """

    def __init__(self, shared: Assignment, book: Book, reached: Callable[[str], None] | None = None) -> None:
        self.course, self.name, self.book, self.shared = book.course, shared.name, book, shared
        self.reached = reached or (lambda point: None)
        self.permissions = int(str(self.course.config.Autograde.get("permissions", 444)), 8)

    def settle(self, student: str) -> None:
        """Finish what an earlier run committed but did not put into place, and remove what it did not commit."""
        final = self._final(student)
        digest = self.book.digests.get(student)
        with full_disk_told(self.course.folder("autograded")):
            if digest and (committed := _staged(final, self.book.results(student))).is_dir():
                self._publish(final, committed)
            for left in final.parent.glob(f".{final.name}{STAGED}*"):
                _remove(left)
            if final.is_dir():
                _remove(final.with_name(f".{final.name}{OLD}"))
            for left in (results := self.results_file(student)).parent.glob(f".{results.name}.*"):
                _remove(left)
            if digest:
                self._write_results(student, self.book.results(student))

    def digest(self, student: str) -> str:
        """The digest of the job that is recorded with all its files; empty if there is none.

        Empty too if points or notebooks are not those that the engine wrote: stock nbgrader was run since.
        """
        digest = self.book.digests.get(student, "")
        return digest if digest and self._is_ours(student) else ""

    def _is_ours(self, student: str) -> bool:
        results = json.loads(self.book.results(student))
        written = results["extra_data"].get("notebooks", {})
        there = {path.name: sha256(path.read_bytes()).hexdigest() for path in self._final(student).glob("*.ipynb")}
        return bool(there) and there == written and self.book.holds(student, results)

    def write(self, batch: Sequence[Graded]) -> None:
        """Record some submissions in one transaction.

        Raises `DiskFull`, `Locked` or what SQLite raises, and then none of them is.
        """
        if not batch:
            return
        finals = [self._final(graded.student) for graded in batch]
        staged = [_staged(final, graded.results) for graded, final in zip(batch, finals, strict=True)]
        try:
            with full_disk_told(self.course.folder("autograded")):
                for graded, place in zip(batch, staged, strict=True):
                    self.reached("stage")
                    self._stage(graded, place)
            self.reached("staged")
            self.book.write(batch)
        except BaseException:
            for place in staged:
                _remove(place)
                _remove(_unfinished(place))
            raise
        self.reached("committed")
        with full_disk_told(self.course.folder("autograded")):
            for graded, final, place in zip(batch, finals, staged, strict=True):
                self._publish(final, place)
                self._write_results(graded.student, graded.results)

    def results_file(self, student: str) -> Path:
        """Where a student's `results.json` lies."""
        return self.course.home / "reports" / self.name / student / "results.json"

    def _final(self, student: str) -> Path:
        return self.course.folder("autograded", student, self.name)

    def _stage(self, graded: Graded, place: Path) -> None:
        """Write everything into a folder that gets its telling name last."""
        partial = _unfinished(place)
        _remove(partial)
        _remove(place)
        files = (
            self.shared.files
            | graded.files
            | self.shared.over
            | ({STAMP: graded.stamp.encode()} if graded.stamp else {})
        )
        for name, content in files.items():
            path = partial / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(self.permissions)
        partial.mkdir(parents=True, exist_ok=True)
        partial.rename(place)

    def _publish(self, final: Path, staged: Path) -> None:
        old = final.with_name(f".{final.name}{OLD}")
        if final.exists():
            _remove(old)
            final.rename(old)
            self.reached("aside")
        staged.rename(final)
        self.reached("published")
        _remove(old)

    def _write_results(self, student: str, text: str) -> None:
        path = self.results_file(student)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            write_whole(path, text)
            self.reached("results")


def _unfinished(staged: Path) -> Path:
    return staged.with_name(staged.name + ".part")


def _staged(final: Path, results: str) -> Path:
    """Named after the results that belong to it: one job may be graded again, by other tests."""
    return final.with_name(f".{final.name}{STAGED}{sha256(results.encode()).hexdigest()[:24]}")


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        for folder, folders, _ in os.walk(path):
            for subfolder in folders:
                with suppress(OSError):
                    os.chmod(Path(folder) / subfolder, 0o700)
        shutil.rmtree(path)
