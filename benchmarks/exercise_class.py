"""A class that hands in one of the course's exercises, graded by `mlsd grade` with hidden cases: hand-ins a minute.

The class is drawn from the exercise's bank, so the marks are known; one that differs ends the benchmark. Called by
`benchmarks/grading.py`, series `exercises`.
"""

import json
import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from grader.answer_bank.model import Bank, BankAnswer, load_bank
from tests.attacks.graders import Ended, mlsd_grade, run
from tests.attacks.host import environment

ROOT = Path(__file__).parents[1]
NAMES = ("implement_feature_store", "reduce_latency", "improve_throughput", "implement_monitoring")
HAND_INS = 32
RIGHT_SHARE = 0.5
MOVED = {"implement_monitoring": 2.0}  # points of a test by which hidden streams may move an answer's mark
BAR_S = 3.0  # a hand-in: 20 a minute
LIMIT_S = 3600


def series(n: int, options: list[str], quiet: bool) -> dict[str, object]:
    """Seconds a hand-in of the slowest exercise against the bar, `n` hand-ins each, and hand-ins a minute of all.

    Raises SystemExit if a mark is not the bank's.
    """
    found = {name: graded(name, n, options) for name in NAMES}
    if not quiet:
        for name, figures in found.items():
            print(
                f"{name}: {n} hand-ins, {figures['wall_s']} s, {figures['a_minute']} a minute, marks of the bank",
                flush=True,
            )
    each_s = max(figures["wall_s"] for figures in found.values()) / n
    return {"n": n, "ours": round(each_s, 2), "theirs": BAR_S, "ratio": round(BAR_S / each_s, 1)} | found


def graded(name: str, n: int, options: list[str]) -> dict[str, Any]:
    """How long one class of `n` took, and hand-ins a minute."""
    bank = load_bank(ROOT, name)
    with tempfile.TemporaryDirectory(prefix="exercises-", ignore_cleanup_errors=True) as folder:
        surroundings = environment(Path(folder)) | {"PYTHONPATH": str(ROOT)}
        course = released(Path(folder) / "course", name, surroundings)
        expected = hand_in(course, bank, n)
        started_s = time.perf_counter()
        ended = mlsd_grade(course, name, surroundings, LIMIT_S, *options)
        wall_s = time.perf_counter() - started_s
        marks = {student: bank.expected(answer) for student, answer in expected.items()}
        require_same(name, ended_marks(ended, course, name), marks, expected)
    return {"wall_s": round(wall_s, 1), "a_minute": round(60 * n / wall_s, 1)}


def released(course: Path, name: str, surroundings: dict[str, str]) -> Path:
    """A course of one exercise, with a secret of its own."""
    course.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", course)
    shutil.copytree(ROOT / "solutions" / name, course / "solutions" / name)
    status, text = run(["mlsd", "release", name, "--course", str(course)], course, surroundings, LIMIT_S)
    if status != 0:
        raise SystemExit(f"{name} is not released:\n{text[-2000:]}")
    return course


def hand_in(course: Path, bank: Bank, n: int) -> dict[str, BankAnswer]:
    """Writes `n` submissions; the answer of each student. The same class for the same number."""
    choose, answers = random.Random(0), [answer for answer in bank.answers if answer.exact and answer.kind != "starter"]
    right = [answer for answer in answers if answer.kind != "wrong"]
    wrong = [answer for answer in answers if answer.kind == "wrong"]
    name, chosen = bank.name, {}
    for number in range(n):
        answer = choose.choice(right if choose.random() < RIGHT_SHARE else wrong)
        notebook = json.loads((course / "exercises" / name / f"{name}.ipynb").read_text())
        sources = dict(bank.source(answer))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("solution"):
                cell["source"] = sources[cell["id"]]
        place = course / "classroom" / "submitted" / f"s{number:03}" / name
        place.mkdir(parents=True)
        (place / f"{name}.ipynb").write_text(json.dumps(notebook))
        chosen[place.parent.name] = answer
    return chosen


def ended_marks(ended: Ended, course: Path, name: str) -> dict[str, dict[str, float | None]]:
    """The marks in the gradebook of this course. Raises SystemExit if the command failed."""
    from tests.attacks.graders import marks

    if ended.status != 0:
        raise SystemExit(f"{name}: mlsd grade ended with status {ended.status}:\n{ended.text[-3000:]}")
    return marks(course / "classroom" / "gradebook.db", name)


def require_same(
    name: str, given: dict[str, dict[str, float | None]], expected: dict[str, dict[str, float]],
    answers: dict[str, BankAnswer],
) -> None:  # fmt: skip
    """Raises SystemExit with the tests whose marks are not the bank's, but for what hidden cases may move."""

    def is_near(points: float, came: float | None) -> bool:
        return came is not None and abs(came - points) <= MOVED.get(name, 0.0)

    differ = [
        f"{student} ({answers[student].name}): {test} gave {given.get(student, {}).get(test)}, not {points:g}"
        for student, tests in expected.items()
        for test, points in tests.items()
        if not is_near(points, given.get(student, {}).get(test))
    ]
    if differ:
        raise SystemExit(f"{name}: marks differ from the bank's:\n" + "\n".join(differ[:20]))
