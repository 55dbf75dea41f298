"""Grading a class with the engine: who is to be graded, a pool of workers, one writer, an outcome a student.

Called by the commands; the parts know nothing of each other's files.
"""

import fnmatch
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from traceback import format_exc
from typing import Any

from grader import secret
from grader.course import Course
from grader.errors import GraderError
from grader.grading.analysis.grading_plan import plans
from grader.grading.answer_bounds import beyond
from grader.grading.environment import kernel_environment
from grader.grading.intake.submission import assignment, stamp_of
from grader.grading.mark_digests import decided_by, has_changed, suites_of
from grader.grading.output.gradebook import Book
from grader.grading.output.lateness import round_of
from grader.grading.output.lock import one_grader
from grader.grading.output.publish import Record
from grader.grading.output.reports import notes_of, write_reports
from grader.grading.output.sanitize import as_line
from grader.grading.records import Job, Options, StudentOutcome
from grader.grading.worker import Done, Spec, Task, WorkerProcess
from grader.grading.worker_pool import Pool, Process
from grader.sandbox.preload_client import PreloadClient
from notebook_runner.errors import was_meant

Start = Callable[[Spec, PreloadClient | None, int | None], Process]  # of a worker, as `WorkerProcess`
CELLS_IN_ALL = 10  # a whole submission may take this many times the limit of one cell
FAULT = "MLSD_GRADE_FAULT"  # "POINT:N": end this process by SIGKILL when POINT is reached for the Nth time


def chosen(course: Course, name: str, pattern: str) -> list[str]:
    """The students to grade. Raises `GraderError` if the exercise is not released or nobody handed it in."""
    with course.gradebook() as book:
        course.require_known(book, name)
    everyone = course.students(name)
    if not everyone:
        first = course.command(f"collect {name} FROM")
        raise GraderError(f"nobody handed in {name} below {course.folder('submitted')}. First: {first}")
    return matching(everyone, pattern, name)


def matching(students: Iterable[str], pattern: str, name: str) -> list[str]:
    """The students who match a `pattern` of `--student`; raises `GraderError` where none does."""
    everyone = list(students)
    if not everyone:
        raise GraderError(f"nobody has handed in {name}. First: mlsd collect {name} FROM")
    found = [student for student in everyone if fnmatch.fnmatchcase(student, pattern)]
    if not found:
        fix = was_meant(pattern, everyone) or f"Quote a pattern, as 'a*'; they are {', '.join(everyone[:10])}"
        raise GraderError(f"none of the {len(everyone)} students of {name} matches {pattern!r} (--student). {fix}")
    return found


def grade(
    course: Course,
    name: str,
    students: list[str],
    options: Options,
    say: Callable[[str], None],
    preload: PreloadClient | None = None,
    start: Start = WorkerProcess,
) -> Iterator[StudentOutcome]:
    """Each student's outcome as it comes. Raises `GraderError` if nothing more can be recorded.

    `say` receives what a person at the terminal should know meanwhile. Workers are forked from `preload`, if there is
    any, by `start`.
    """
    with prepared(course, name, options, say) as (record, spec):
        book, graded = record.book, dict[str, StudentOutcome]()
        try:
            for outcome in _outcomes(spec, record, students, options, say, preload, start):
                graded[outcome.student] = outcome
                yield outcome
            book.enter_times([student for student, outcome in graded.items() if outcome.skipped])
            _tell_penalties(book.apply_deadlines(students), say)
        finally:
            write_reports(book, course.home)
            for student, marks in book.marks().items():
                if student in graded:
                    graded[student].points, graded[student].maximum, graded[student].waiting = marks


@contextmanager
def prepared(
    course: Course, name: str, options: Options, say: Callable[[str], None], command: str = "grade"
) -> Iterator[tuple[Record, Spec]]:
    """The record of an exercise and what its workers receive, while this is the course's only grader."""
    if course.secret_file.is_file():
        secret.read(course.secret_file)
    course.require_writable()
    with one_grader(course.home, say), kernel_environment(course.secret_file), course.gradebook() as opened:
        limits = replace(_limits(course, name, options), round_number=round_of(opened.db.connection(), name))
        shared = assignment(course, name, limits)
        reached = _fault()
        book = Book(course, opened, name, reached, command)
        require_secret(course, book)
        book.catch_up()
        level = _level(options, say)
        made = plans(shared.originals, shared.solved, shared.marks)
        yield Record(shared, book, reached), Spec(shared, made, level, decided_by(shared, course.home))


def require_secret(course: Course, book: Book) -> None:
    """Raises `GraderError` where the secret is gone that marks were drawn with: everybody would get public cases."""
    if course.secret_file.is_file():
        return
    kept = (json.loads(text)["extra_data"].get("decided") or {} for text in book.all_results())
    if any(decided.get("secret") for decided in kept):
        raise GraderError(
            f"the secret {course.secret_file} is gone, and the marks that stand were given by hidden tests drawn with "
            f"it. Restore it from your copy, or make a new one: {course.command('release')}. Hidden seeds change with "
            "it, so grade everyone again."
        )


def _outcomes(
    spec: Spec, record: Record, students: list[str], options: Options, say: Callable[[str], None],
    preload: PreloadClient | None, start: Start,
) -> Iterator[StudentOutcome]:  # fmt: skip
    tasks = []
    for student in students:
        if refusal := record.book.refusal(student):
            yield StudentOutcome(student, failure=refusal)
            continue
        record.settle(student)
        tasks.append(task_of(record, student, "" if options.force else record.digest(student)))
    outdated, again = 0, 0
    fed_back = {
        task.student: task.previous_answers_digest for task in tasks
        if task.previous_answers_digest and task.round_number == spec.shared.limits.round_number
        and record.course.folder("feedback", task.student, spec.shared.name).is_dir()
    }  # fmt: skip
    for answers in answered(spec, record.course, tasks, options, say, preload, start):
        _write(record, answers)
        for answer in answers:
            outcome = _outcome(answer, record, spec)
            outdated += outcome.outdated
            again += _is_new(answer, fed_back)
            yield outcome
    if again:
        first = record.course.command(f"deadline {spec.shared.name} --next-round")
        following = f"For the next ones: {first}" if suites_of(spec.shared) else "Release others before the next ones."
        say(f"{again} handed in again after feedback, and met the same hidden tests. {following}")
    if outdated:
        first = record.course.command(f"regrade {spec.shared.name}")
        say(f"the tests have changed since {outdated} students were graded. What that would change: {first}")


def task_of(record: Record, student: str, recorded: str) -> Task:
    """What a worker is to do for a student; a job whose digest is `recorded` is read and not run."""
    folder, before = record.course.folder("submitted", student, record.name), {}
    if student in record.book.digests:
        before = json.loads(record.book.results(student))["extra_data"]
    answers = before.get("decided", {}).get("answers", "")
    return Task(student, folder, recorded, previous_answers_digest=answers, round_number=before.get("round", 1))


def answered(
    spec: Spec, course: Course, tasks: list[Task], options: Options, say: Callable[[str], None],
    preload: PreloadClient | None = None, start: Start = WorkerProcess,
) -> Iterator[list[Done]]:  # fmt: skip
    """The workers' answers as they come, each held to what a worker may say; nothing is recorded. Tracebacks of our own
    faults are logged."""
    begun = {task.student: (task, stamp_of(task.folder)) for task in tasks}
    size, most_s = options.jobs or processors(), spec.shared.most_s
    there: Any = Pool(partial(start, spec, preload), size, most_s)
    if options.scheduler:
        from grader.grading.cluster import Cluster

        there = Cluster(spec, options.scheduler, most_s, say, course.root)
    with there as pool, _interrupt_told():
        most_mb = 0.0
        for received in pool.run(tasks):
            answers = [_bounded(answer, spec, *begun[answer.student]) for answer in received]
            for answer in (answer for answer in answers if answer.trace):
                _log(course, spec.shared.name, answer)
            most_mb = max(
                [most_mb, *(test.peak_mb for answer in answers if answer.graded for test in answer.graded.verdicts)]
            )
            yield answers
        if most_mb:
            left_out = "not counted: what a process held that ended within a moment, and files in memory"
            say(f"memory: at most {most_mb:.0f} MB for a submission, measured at the end of each test ({left_out})")


def _bounded(done: Done, spec: Spec, task: Task, stamp: str) -> Done:
    """The answer, or a failure in its place. The hand-in may have been collected anew since its `stamp` was read."""
    if done.graded:
        why = beyond(done.graded, spec.shared, (stamp, stamp_of(task.folder)))
    else:
        why = "" if done.failure or task.recorded else "it says that nothing is to be done, and nothing is recorded"
    return Done(done.student, failure=f"the worker's answer is refused: {why}. Grade it again") if why else done


def log_file(course: Course, name: str) -> Path:
    """Where faults of the grader's own are kept, with their tracebacks."""
    return course.home / "logs" / f"{name}.log"


def _log(course: Course, name: str, done: Done) -> None:
    """Keep the traceback of a fault of ours and say where it is."""
    path = log_file(course, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, {done.student}: {done.failure}\n{done.trace}\n")
    done.failure = f"{done.failure}; its traceback is in {path}"


def _write(record: Record, answers: list[Done]) -> None:
    """Record the answers together; if that fails for a reason of one of them, each alone, so that the others stand."""
    try:
        record.write([answer.graded for answer in answers if answer.graded])
    except GraderError:
        raise  # no room, or the book is held: true for all of them
    except Exception:
        for answer in answers:
            try:
                record.write([answer.graded] if answer.graded else [])
            except GraderError:
                raise
            except Exception as error:
                answer.failure, answer.trace = f"it cannot be recorded ({type(error).__name__}: {error})", format_exc()
                _log(record.course, record.name, answer)


def _outcome(done: Done, record: Record, spec: Spec) -> StudentOutcome:
    failure = as_line(done.failure)  # it may quote what a student wrote
    outcome = StudentOutcome(done.student, skipped=done.graded is None and not failure, failure=failure)
    if not done.failure:
        results = json.loads(done.graded.results if done.graded else record.book.results(done.student))
        outcome.notes = notes_of(results)
        outcome.outdated = outcome.skipped and has_changed(results["extra_data"], spec.test_digests)
    return outcome


def _is_new(done: Done, fed_back: Mapping[str, str]) -> bool:
    """Whether other answers were graded than those that had feedback; `fed_back` has their digests by student."""
    if done.graded is None or done.student not in fed_back:
        return False
    return bool(json.loads(done.graded.results)["extra_data"]["decided"].get("answers") != fed_back[done.student])


def _tell_penalties(changed: Mapping[str, float], say: Callable[[str], None]) -> None:
    if changed:
        listed = ", ".join(f"{student} {points:g}" for student, points in sorted(changed.items()))
        say(f"deadlines changed the late penalties of {len(changed)}, in points: {listed}")


def _level(options: Options, say: Callable[[str], None]) -> str:
    """The name of the level of the workers' sandbox, which is said. Raises `SandboxError` if it is too low."""
    from grader.sandbox import Level, best_level, describe, named, require
    from grader.sandbox.probe import advice, missing

    wanted = named(options.level) if options.level else None
    if options.require_level:
        level = require(wanted or Level.NAMESPACES)
    else:
        level = best_level() if wanted is None or missing(wanted) else wanted
    say(f"{describe(level)}. {advice(level)}".strip())
    if wanted not in (None, level, Level.NAMESPACES):
        say(f"the sandbox level {wanted.name.lower()} is not available here: {missing(wanted)}")
    return level.name.lower()


def _limits(course: Course, name: str, options: Options) -> Job:
    configured = course.config.Execute.get("timeout", 30) or 30
    cell_s = float(options.timeout_s or configured)
    return Job(
        name,
        "",
        {},
        cell_s=cell_s,
        total_s=CELLS_IN_ALL * cell_s,
        memory_mb=options.memory_mb,
        seed=options.seed,
    )


def processors() -> int:
    """How many processors this process may use."""
    with suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _interrupt_told() -> Iterator[None]:
    """A request to end (SIGTERM) ends the batch as Ctrl-C does: what is recorded stays, no worker is left."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _fault() -> Callable[[str], None] | None:
    """A planted end of this process, for tests of what a power cut leaves behind."""
    planted, _, number = os.environ.get(FAULT, "").partition(":")
    if not planted or sys.platform == "win32":
        return None
    left = int(number or 1)

    def reached(point: str) -> None:
        nonlocal left
        left -= point == planted
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached
