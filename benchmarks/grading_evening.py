"""From the zip that a class handed in to its feedback: collect, grade, feedback, export, ours against nbgrader's own.

Called by benchmarks/grading.py (`--series evening`). Each command runs in a process of its own, one after the other, on
the same archive; both sides must give the same marks. Stock nbgrader takes a second and a half a student, so that by
default it gets a part of the class and its time is extrapolated, which the output says.
"""

import json
import random
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.attacks.course import Assignment
from tests.attacks.foreign_course import answered, copied, write
from tests.attacks.graders import marks, run
from tests.attacks.host import environment

STEPS = ("collect", "grade", "feedback", "export")
LIMIT_S = 7200
PART = 30  # students that stock nbgrader gets by default


def evening(
    assignment: Assignment, n: int, part: int, quiet: bool, release: Callable[[Path, str], float]
) -> dict[str, object]:
    """Both sides for `n` students, stock for `part` of them (0: all). Raises SystemExit if a mark differs."""
    part = min(part or n, n)
    with tempfile.TemporaryDirectory(prefix="evening-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        course = write(root / "course", assignment)
        release(course, assignment.name)
        ours = _timed(_ours(assignment.name, _archive(root / "all.zip", course, assignment, n)), course, root / "ours")
        stock = _stock_timed(course, assignment, root, part)
        theirs = (
            stock if part == n else _extrapolated(stock, _stock_timed(course, assignment, root, part // 3), part, n)
        )
        _same_marks(root, assignment.name, part)
    ratio = round(sum(theirs.values()) / sum(ours.values()), 1)
    if not quiet:
        print(_told(n, part, ours, theirs, ratio), flush=True)
    steps = {step: [round(ours[step], 2), round(theirs[step], 2)] for step in STEPS}
    whole = {"ours": round(sum(ours.values()), 2), "theirs": round(sum(theirs.values()), 2), "ratio": ratio}
    return {"n": n} | whole | {"steps": steps, "theirs_measured_on": part, "theirs_extrapolated": part < n}


def _archive(path: Path, course: Path, assignment: Assignment, n: int) -> Path:
    """A zip with a folder a student, mixtures of right and wrong answers; the same for the same student."""
    choose = random.Random(0)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(n):
            wrong = {task.name: [*task.wrong.values()] for task in assignment.tasks}
            picked = {task.name: task.right for task in assignment.tasks}
            picked |= {name: choose.choice(some) for name, some in wrong.items() if some and choose.random() < 0.25}
            content = json.dumps(answered(course, assignment, picked))
            archive.writestr(f"s{number:03}/{assignment.name}.ipynb", content)
    return path


def _stock_timed(course: Path, assignment: Assignment, root: Path, part: int) -> dict[str, float]:
    handed_in = _archive(root / f"{part}.zip", course, assignment, part)
    return _timed(_stock(assignment.name), course, root / f"stock-{part}", handed_in, assignment.name)


def _extrapolated(whole: dict[str, float], third: dict[str, float], part: int, n: int) -> dict[str, float]:
    """Seconds of `n` students by the line through those of `part` and of a third of them: a start, and each student."""
    each_s = {step: max(0.0, whole[step] - third[step]) / (part - part // 3) for step in STEPS}
    return {step: whole[step] + each_s[step] * (n - part) for step in STEPS}


def _ours(name: str, archive: Path) -> dict[str, list[str]]:
    return {
        "collect": ["mlsd", "collect", name, str(archive)],
        "grade": ["mlsd", "grade", name],
        "feedback": ["mlsd", "feedback", name],
        "export": ["mlsd", "export", name, "--to", "marks.csv"],
    }


def _stock(name: str) -> dict[str, list[str]]:
    files = rf"--FileNameCollectorPlugin.named_regexp=.*/(?P<student_id>s\d+)/(?P<file_id>{name}\.ipynb)"
    return {
        "collect": ["nbgrader", "zip_collect", name, files],
        "grade": ["nbgrader", "autograde", name, "--Execute.shutdown_kernel=immediate"],
        "feedback": ["nbgrader", "generate_feedback", name],
        "export": ["nbgrader", "export", "--to=marks.csv"],
    }


def _timed(
    commands: dict[str, list[str]], course: Path, own: Path, archive: Path | None = None, name: str = ""
) -> dict[str, float]:
    """Wall seconds a step, in a copy of the course; `archive` is laid where nbgrader's zip_collect looks."""
    own.mkdir()
    copy = copied(course, own / "course")
    if archive:
        place = copy / "downloaded" / name / "archive"
        place.mkdir(parents=True)
        archive.rename(place / archive.name)
    surroundings = environment(own)
    return {step: _seconds(command, copy, surroundings) for step, command in commands.items()}


def _seconds(command: Sequence[str], course: Path, surroundings: dict[str, str]) -> float:
    begin_s = time.perf_counter()
    status, text = run(list(command), course, surroundings, LIMIT_S)
    if status != 0:
        raise SystemExit(f"{' '.join(command)} ended with status {status}:\n{text[-3000:]}")
    return time.perf_counter() - begin_s


def _same_marks(root: Path, name: str, part: int) -> None:
    ours, theirs = (marks(root / side / "course" / "gradebook.db", name) for side in ("ours", f"stock-{part}"))
    if len(theirs) != part:
        raise SystemExit(f"stock nbgrader graded {len(theirs)} of {part}")
    for student, expected in theirs.items():
        if ours.get(student) != expected:
            raise SystemExit(f"marks of {student} differ (ours, stock): {ours.get(student)}, {expected}")


def _told(n: int, part: int, ours: dict[str, float], theirs: dict[str, float], ratio: float) -> str:
    """The series in words."""
    side = "stock, measured" if part == n else f"stock, EXTRAPOLATED from {part // 3} and {part} students"
    rows = [f"  {step:<10}{ours[step]:10.1f} s{theirs[step]:12.1f} s" for step in STEPS]
    whole = f"  {'all':<10}{sum(ours.values()):10.1f} s{sum(theirs.values()):12.1f} s   {ratio} times ours"
    return "\n".join([f"evening: {n} students, zip to feedback; ours | {side}", *rows, whole])
