"""What changed tests would make of the marks that stand: the class is graded again, compared, and recorded on request.

The results of a dry run are kept in `classroom/regrades/NAME`, so that recording runs nothing that has not changed.
"""

import json
import pickle
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grader.course import Course
from grader.errors import GraderError
from grader.grading import batch
from grader.grading.mark_digests import has_changed, limits_of, project_digest, reasons
from grader.grading.output.gradebook import Book
from grader.grading.output.mark_log import seen_digest
from grader.grading.output.publish import Record
from grader.grading.output.render import Graded
from grader.grading.output.reports import notes_of, write_reports
from grader.grading.output.sanitize import as_line
from grader.grading.records import Options, StudentOutcome
from grader.grading.worker import Done, Spec, Task, WorkerProcess
from grader.sandbox.preload_client import PreloadClient

Item = tuple[str, str]  # notebook and cell
TOGETHER = 20  # submissions that are recorded in one transaction
OLDER = "the mark by hand was given for an older text"
SAME = "graded again"


@dataclass(frozen=True)
class Change:
    """One item of one student: automatic points `old` and `new`, those `by_hand` (which stand), and why."""

    student: str
    item: str
    old: float | None
    new: float | None
    by_hand: float | None
    why: str


@dataclass
class Report:
    """What a regrade found. `totals`: points before and after by student, late penalties apart.

    `ran` were graded now, `kept` in an earlier dry run; `ungraded` were never graded, `failures` could not be.
    """

    changes: list[Change] = field(default_factory=list)
    totals: dict[str, tuple[float, float]] = field(default_factory=dict)
    outcomes: list[StudentOutcome] = field(default_factory=list)
    ran: int = 0
    kept: int = 0
    ungraded: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    written: int = 0

    def summary(self) -> str:
        """How many students' points go up, down or stay, and the mean before and after."""
        ways = Counter((after > before) - (after < before) for before, after in self.totals.values())
        before, after = (
            sum(total[when] for total in self.totals.values()) / max(1, len(self.totals)) for when in (0, 1)
        )
        return (
            f"{ways[1]} up, {ways[-1]} down, {ways[0]} the same; mean of {len(self.totals)} students: "
            f"{before:.2f} before, {after:.2f} after."
        )


def chosen(course: Course, name: str, pattern: str) -> list[str]:
    """The students that handed in or were graded, and match. Raises `GraderError` if nobody does."""
    with course.gradebook() as book:
        course.require_known(book, name)
    return batch.matching(sorted({*course.students(name), *course.students(name, "autograded")}), pattern, name)


def regrade(
    course: Course,
    name: str,
    students: list[str],
    options: Options,
    say: Callable[[str], None],
    report: Report,
    write: bool = False,
    given: Mapping[str, Any] | None = None,
    preload: PreloadClient | None = None,
    start: batch.Start = WorkerProcess,
) -> Iterator[str]:
    """Each student as it is answered; `report` is filled. With `write`, what was found is recorded at the end.

    Limits and seed are those that most of the class was graded with, unless `given` (fields of `Options`) names
    others; `options.force` runs also those whom no change reaches, and again who was run in a dry run, unless that is
    to be written now. `preload` and `start` as in `batch.grade`. Raises `GraderError` as `batch.grade` does.
    """
    options = replace(options, **{**_as_before(course, name), **(given or {})})
    with batch.prepared(course, name, options, say, "regrade") as (record, spec):
        found = Regrade(record, spec, report)
        tasks = found.tasks(students, options.force, fresh=options.force and not write)
        yield from report.failures
        for answers in batch.answered(spec, course, tasks, options, say, preload, start):
            for answer in answers:
                found.take(answer)
                yield answer.student
        found.compare()
        if write:
            found.write()


def _as_before(course: Course, name: str) -> dict[str, Any]:
    """The options that most of the class was graded with."""
    with course.gradebook() as opened:
        results = [json.loads(text)["extra_data"] for text in Book(course, opened, name).all_results()]
    used = Counter((result["seed"], tuple(sorted(limits_of(result).items()))) for result in results)
    if not used:
        raise GraderError(f"nobody's {name} was graded yet. First: {course.command(f'grade {name}')}")
    (seed, limits), _ = used.most_common(1)[0]
    named = {"timeout_s" if key == "cell_s" else key: value for key, value in limits if key != "total_s"}
    return {"seed": seed, **named}


class Regrade:
    """One regrade under way: who is graded again, what came of it, what is written."""

    def __init__(self, record: Record, spec: Spec, report: Report) -> None:
        self.record, self.spec, self.report = record, spec, report
        self.folder = record.course.home / "regrades" / record.name
        self.version = [project_digest(), dict(spec.test_digests)]
        self.before = record.book.points_now()
        self.graded: dict[str, Path] = {}
        self.known: set[str] = set()

    def tasks(self, students: list[str], everyone: bool, fresh: bool = False) -> list[Task]:
        """What the workers are to do; a submission that has not changed is read and not run.

        `fresh`: what an earlier dry run gave counts for nothing.
        """
        found = []
        for student in students:
            folder = self.record.course.folder("submitted", student, self.record.name)
            if student not in self.record.book.digests:
                self.report.ungraded.append(student)
            elif not folder.is_dir():
                self.report.failures[student] = f"what was handed in is gone: there is no folder {folder}"
            else:
                self.record.settle(student)
                self.known.add(student)
                kept = None if fresh else self._kept(student)
                results = json.loads(self.record.book.results(student))
                if kept:
                    self.graded[student] = self._place(student)
                again = everyone or "decided" not in results["extra_data"]
                again = again or has_changed(results["extra_data"], self.spec.test_digests)
                recorded = kept.digest if kept else "" if again else self.record.digest(student)
                found.append(batch.task_of(self.record, student, recorded))
        return found

    def take(self, done: Done) -> None:
        """Keep a worker's answer."""
        if done.failure:
            self.report.failures[done.student] = as_line(done.failure)
            self.graded.pop(done.student, None)
        elif done.graded:
            place = self.graded[done.student] = self._place(done.student)
            place.parent.mkdir(parents=True, exist_ok=True)
            partial = place.with_suffix(".part")
            partial.write_bytes(pickle.dumps((self.version, done.graded)))
            partial.replace(place)
            self.report.ran += 1
        elif done.student in self.graded:
            self.report.kept += 1

    def compare(self) -> None:
        """Fill the report."""
        seen = {key[:3]: mark.digest for key, mark in self.record.book.log.last().items() if key[3] == "by hand"}
        self.record.book.db.rollback()
        for student in sorted(self.known - set(self.report.failures)):
            graded = self._kept(student) if student in self.graded else None
            self._compare(student, graded, seen)
            if graded:
                results = json.loads(graded.results)
                self.report.outcomes.append(StudentOutcome(student, notes=notes_of(results)))

    def _compare(self, student: str, graded: Graded | None, seen: Mapping[Any, str]) -> None:
        there = self.before.get(student, {})
        after = (
            self.record.book.automatic_points(graded) if graded else {key: scores[0] for key, scores in there.items()}
        )
        old_results = json.loads(self.record.book.results(student))["extra_data"]
        why = reasons(old_results, json.loads(graded.results)["extra_data"]) or [SAME] if graded else []
        totals = [0.0, 0.0]
        for key, new in after.items():
            old, by_hand, extra = there.get(key, (None, None, 0.0))
            for when, points in enumerate((old, new)):
                totals[when] += (by_hand if by_hand is not None else points or 0.0) + extra
            stale = by_hand is not None and seen.get((student, *key), "") not in (
                "",
                seen_digest(self._notebook(student, key[0], graded), key[1]),
            )
            if new != old or stale:
                reported = "; ".join([*why, *([OLDER] if stale else [])])
                self.report.changes.append(Change(student, "/".join(key), old, new, by_hand, reported))
        self.report.totals[student] = (totals[0], totals[1])

    def write(self) -> None:
        """Record everyone who was graded, some together, and the reports anew."""
        students = sorted(self.graded)
        try:
            for first in range(0, len(students), TOGETHER):
                found = [graded for graded in map(self._kept, students[first : first + TOGETHER]) if graded]
                self.record.write(found)
                self.report.written += len(found)
                for graded in found:
                    shutil.rmtree(self._place(graded.student).parent, ignore_errors=True)
        finally:
            write_reports(self.record.book, self.record.course.home)

    def _place(self, student: str) -> Path:
        return self.folder / student / "graded.pickle"

    def _kept(self, student: str) -> Graded | None:
        """What a run of this very version by these very tests gave."""
        try:
            version, graded = pickle.loads(self._place(student).read_bytes())
        except Exception:  # not there, damaged, or of another version: it is graded again
            return None
        return graded if version == self.version and isinstance(graded, Graded) else None

    def _notebook(self, student: str, name: str, graded: Graded | None) -> Any:
        try:
            if graded:
                return json.loads(graded.files[f"{name}.ipynb"])
            place = self.record.course.folder("autograded", student, self.record.name)
            return json.loads((place / f"{name}.ipynb").read_bytes())
        except (OSError, KeyError, ValueError):
            return None
