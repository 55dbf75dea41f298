"""Grading a class: `mlsd grade` with sandbox and checker on against `nbgrader autograde`, the same marks from both.

    python benchmarks/grading.py               200 light submissions, 60 with scientific libraries, 60 with torch, and a
                                               class of five whose notebooks import much and draw: fixed costs
    python benchmarks/grading.py --quick       at most 10 of each, about two minutes
    python benchmarks/grading.py --series evening      300 students from the zip to feedback, each command of both sides
    python benchmarks/grading.py --series light --option=--sandbox --option=landlock
    python benchmarks/grading.py --series exercises    four of the course's own, 32 hand-ins each, against 20 a minute

The course is released by `mlsd release`, which has nbgrader release it and records what the tests need; that is done
once an assignment and is no part of grading, so it is printed apart.
The bar is stock nbgrader with immediate shutdown of its kernels; stock as it is loses up to a quarter to waiting for
them and is timed on a part of the class. Wall seconds of the whole commands, one after the other, in one run.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import exercise_class, grading_evening, grading_isolation
from tests.attacks.batch import results
from tests.attacks.course import Assignment, Task
from tests.attacks.course.ps1 import DATA, FIB, MEAN, ROWS, SCALE, WORDS
from tests.attacks.course.ps2 import ASK, FIT, GREET, PARALLEL, TOTALS, TRIPS
from tests.attacks.foreign_course import answered, copied, submit, write
from tests.attacks.graders import Ended, autograde, mlsd_grade, run
from tests.attacks.host import environment

IMMEDIATE = "--Execute.shutdown_kernel=immediate"
LIMIT_S = 3600
PART = 5  # stock as it is grades one in so many
PROCESSORS = os.cpu_count() or 1

ACCOUNT = Task(
    "account",
    2,
    '''
class Account:
    """A bank account that is never overdrawn."""
    def __init__(self, owner):
        self.owner = owner
        self.balance = 0

    def deposit(self, amount):
        self.balance += amount

    def withdraw(self, amount):
        if amount > self.balance:
            raise ValueError("not enough")
        self.balance -= amount
''',
    """
account = Account("Ada")
account.deposit(30)
account.withdraw(12.5)
assert account.balance == 17.5
assert account.owner == "Ada"
try:
    account.withdraw(100)
except ValueError:
    pass
else:
    raise AssertionError("more was withdrawn than there is")
### BEGIN HIDDEN TESTS
other = Account("Bob")
assert other.balance == 0 and account.balance == 17.5
### END HIDDEN TESTS
""",
    {
        "overdrawn": (
            "class Account:\n    def __init__(self, owner):\n        self.owner, self.balance = owner, 0\n"
            "    def deposit(self, amount):\n        self.balance += amount\n"
            "    def withdraw(self, amount):\n        self.balance -= amount"
        ),
    },
)

LINE = Task(
    "line",
    2,
    '''
def fit_line(x, y):
    """Slope and intercept of the least-squares line."""
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    return slope, y.mean() - slope * x.mean()
''',
    """
x = np.linspace(0, 1, 20)
slope, intercept = fit_line(x, 3 * x + 1)
assert np.isclose(slope, 3) and np.isclose(intercept, 1)
### BEGIN HIDDEN TESTS
noise = np.random.default_rng(7).normal(size=20)
expected = np.polyfit(x, noise, 1)
assert np.allclose(fit_line(x, noise), expected)
### END HIDDEN TESTS
""",
    {
        "ends": "def fit_line(x, y):\n    return (y[-1] - y[0]) / (x[-1] - x[0]), y[0]",
    },
)

FOREST = Task(
    "forest",
    2,
    '''
def fit(x, y):
    """A fitted tree."""
    return DecisionTreeRegressor(random_state=0).fit(x, y)
''',
    """
x = np.arange(40.0).reshape(-1, 1)
np.testing.assert_allclose(fit(x, x[:, 0] ** 2).predict([[3.0], [5.0]]), [9.0, 25.0])
""",
    {"constant": "def fit(x, y):\n    return DecisionTreeRegressor(max_depth=1).fit(x, y)"},
)
STEP = Task(
    "step",
    2,
    '''
def step(weights, gradient):
    """The weights after a step of size 0.1 against the gradient."""
    return weights - 0.1 * gradient
''',
    """
moved = step(torch.tensor([1.0, 2.0]), torch.tensor([10.0, 0.0]))
assert torch.allclose(moved, torch.tensor([0.0, 2.0]))
""",
    {"uphill": "def step(weights, gradient):\n    return weights + 0.1 * gradient"},
)
LAYER = Task(
    "layer",
    2,
    '''
def make_layer(inputs, outputs):
    """A linear layer without bias."""
    return torch.nn.Linear(inputs, outputs, bias=False)
''',
    """
layer = make_layer(3, 2)
assert tuple(layer(torch.zeros(5, 3)).shape) == (5, 2)
assert layer(torch.zeros(1, 3)).abs().sum().item() == 0
""",
    {"biased": "def make_layer(inputs, outputs):\n    return torch.nn.Linear(inputs, outputs)"},
)

PLAIN = "import contextlib\nimport io\nimport time\nfrom unittest import mock\n"
SCIENCE = (
    "import matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd\n"
    "from sklearn.tree import DecisionTreeRegressor\n\ntrips = pd.read_csv('trips.csv')\n"
)
DRAWN = """
for name in ("clean", "noisy"):
    figure, axes = plt.subplots(1, 2, figsize=(8, 3))
    noise = np.random.default_rng(0).normal(size=200) * (name == "noisy")
    axes[0].scatter(np.arange(200.0), np.arange(200.0) + noise)
    axes[1].hist(noise, bins=30)
    figure.suptitle(name)
    plt.show()
"""
SLOPE = Task(
    "slope",
    2,
    '''
def slope(x, y):
    """The slope of the least-squares line."""
    return LinearRegression().fit(x.reshape(-1, 1), y).coef_[0]
'''
    + DRAWN,
    """
x = np.arange(20.0)
np.testing.assert_allclose(slope(x, 3 * x + 1), 3)
""",
    {"twice": "def slope(x, y):\n    return 2.0 * np.polyfit(x, y, 1)[0]"},
)

ROWS_FILE, TRIPS_FILE = {"data.csv": DATA}, {"trips.csv": TRIPS}
QUICK = replace(FIB, wrong={"off": FIB.wrong["off"]})  # the slow one computes for half a second, in stock as in ours
LIGHT = Assignment("light", PLAIN, (MEAN, WORDS, ACCOUNT, ROWS, QUICK, GREET, PARALLEL, ASK), ROWS_FILE)
HEAVY = Assignment("heavy", SCIENCE, (MEAN, WORDS, ACCOUNT, SCALE, LINE, TOTALS, FIT, FOREST), TRIPS_FILE)
SMALL = Assignment(
    "small",
    "from sklearn.ensemble import RandomForestClassifier\nfrom sklearn.linear_model import LinearRegression\n"
    "from sklearn.model_selection import train_test_split\n" + SCIENCE + DRAWN,
    (SCALE, SLOPE, LINE, TOTALS, FIT, FOREST), TRIPS_FILE,
)  # fmt: skip
TORCH = Assignment("torch", PLAIN + "import torch\n", (MEAN, WORDS, ACCOUNT, ROWS, STEP, LAYER, GREET, ASK), ROWS_FILE)
SIZES = {"light": (LIGHT, 200), "heavy": (HEAVY, 60), "torch": (TORCH, 60), "small": (SMALL, 5)}
BARS = {"light": 20, "heavy": 15, "torch": 15, "small": 3}  # times stock with immediate shutdown, on an idle machine


Grader = Callable[..., Ended]


@dataclass
class Timed:
    """A grading command in a fresh copy of the course: how it ended, wall seconds, what its reports say was spent."""

    ended: Ended
    wall_s: float
    spent: dict[str, float]

    @property
    def each_s(self) -> float:
        """Wall seconds a submission."""
        return self.wall_s / len(self.ended.marks)


def release(course: Path, name: str) -> float:
    """Wall seconds of `mlsd release`."""
    begin_s = time.perf_counter()
    command = ["mlsd", "release", name, "--course", str(course)]
    status, text = run(command, course.parent, environment(course.parent), LIMIT_S)
    if status != 0:
        raise SystemExit(f"{name} cannot be released:\n{text[-3000:]}")
    return time.perf_counter() - begin_s


def hand_in(course: Path, assignment: Assignment, n: int) -> None:
    """`n` mixtures of right and wrong answers, the same for the same number."""
    choose = random.Random(0)
    for number in range(n):
        picked = {}
        for task in assignment.tasks:
            wrong = [*task.wrong.values()]
            picked[task.name] = choose.choice(wrong) if wrong and choose.random() < 0.25 else task.right
        notebook = answered(course, assignment, picked)
        submit(course, f"s{number:03}", assignment.name, {f"{assignment.name}.ipynb": json.dumps(notebook).encode()})


def timed(grader: Grader, course: Path, name: str, *options: str, every: int = 1) -> Timed:
    """Run a grader on the class, or on one in `every` students of it, in a copy beside the course.

    The copy is left: to remove one keeps the disk busy while the next is timed.
    """
    folder = Path(tempfile.mkdtemp(dir=course.parent))
    own = copied(course, folder / "course")
    students = sorted((own / "submitted").iterdir())
    for left_out in set(students) - set(students[::every]):
        shutil.rmtree(left_out)
    surroundings = environment(folder)
    start_s = time.perf_counter()
    ended = grader(own, name, surroundings, LIMIT_S, *options)
    wall_s = time.perf_counter() - start_s
    if ended.status != 0:
        raise SystemExit(f"{name}: the grader ended with status {ended.status}:\n{ended.text[-3000:]}")
    return Timed(ended, wall_s, spent(own, name))


def spent(course: Path, name: str) -> dict[str, float]:
    """What the reports of ours say: seconds of all submissions together, the largest one's memory. Zeros for stock."""
    reported = list(results(course, name).values())
    peak_mb = max((results["extra_data"]["peak_mb"] for results in reported), default=0)
    cpu_s = sum(results["extra_data"]["cpu_s"] for results in reported)
    tests_s = sum(test["extra_data"]["wall_s"] for results in reported for test in results["tests"])
    wall_s = sum(results["execution_time"] for results in reported)
    return {"wall_s": wall_s, "cpu_s": cpu_s, "tests_s": tests_s, "peak_mb": peak_mb}


def start_s() -> float:
    """Wall seconds of the command that does nothing: Python and the command line."""
    with tempfile.TemporaryDirectory() as folder:
        begin_s = time.perf_counter()
        run(["mlsd", "grade", "--help"], Path(folder), environment(Path(folder)), LIMIT_S)
        return time.perf_counter() - begin_s


def both(assignment: Assignment, n: int, options: list[str], quiet: bool, folder: Path) -> dict[str, object]:
    """One class graded by both, in a course below `folder`; raises SystemExit if a mark differs."""
    name = assignment.name
    course = write(Path(tempfile.mkdtemp(dir=folder)) / "course", assignment)
    release_s = release(course, name)
    hand_in(course, assignment, n)
    ours = timed(mlsd_grade, course, name, *options)
    stock = timed(autograde, course, name, IMMEDIATE)
    plain = timed(autograde, course, name, every=PART)
    differ = {who: (ours.ended.marks.get(who), theirs) for who, theirs in stock.ended.marks.items()}
    differ = {who: pair for who, pair in differ.items() if pair[0] != pair[1]}
    if differ:
        raise SystemExit(f"{name}: marks differ (ours, stock): {json.dumps(differ)[:2000]}")
    if not quiet:
        print(summary(assignment, n, ours, stock, plain), flush=True)
        print(f"  before: release, once an assignment: {release_s:.2f} s", flush=True)
    ratio = round(stock.wall_s / ours.wall_s, 1)
    times = {"ours": round(ours.wall_s, 2), "theirs": round(stock.wall_s, 2), "ratio": ratio}
    times["release_s"] = round(release_s, 2)
    return {"n": n} | times | {"plain_each_s": round(plain.each_s, 3), "peak_mb": ours.spent["peak_mb"]}


def summary(assignment: Assignment, n: int, ours: Timed, stock: Timed, plain: Timed) -> str:
    """The series in words."""
    memory = next((line for line in ours.ended.text.splitlines() if "memory" in line), "")
    idle_s = ours.wall_s - ours.spent["wall_s"] / PROCESSORS
    return "\n".join([
        f"{assignment.name}: {n} submissions of {len(assignment.tasks)} graded cells, {PROCESSORS} processors, equal"
        f" marks; the bar is {BARS[assignment.name]} times",
        f"  ours                      {ours.wall_s:8.2f} s   {1000 * ours.each_s:7.1f} ms each",
        f"  stock, immediate shutdown {stock.wall_s:8.2f} s   {1000 * stock.each_s:7.1f} ms each"
        f"   {stock.wall_s / ours.wall_s:6.1f} times ours",
        f"  stock as it is            (1 in {PART})    {1000 * plain.each_s:7.1f} ms each"
        f"   {plain.each_s / ours.each_s:6.1f} times ours",
        f"  ours, where it goes: submissions {ours.spent['wall_s']:.2f} s over all workers: tests"
        f" {ours.spent['tests_s']:.2f} s, opening, answer cells and closing"
        f" {ours.spent['wall_s'] - ours.spent['tests_s']:.2f} s (CPU of student code {ours.spent['cpu_s']:.2f} s)",
        f"  start, warming and recording beyond the workers' share {max(0.0, idle_s):.2f} s,"
        f" of it {start_s():.2f} s until the command line stands",
        f"  largest submission {ours.spent['peak_mb']:.0f} MB; {memory.strip()}",
    ])  # fmt: skip


def measured(name: str, options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """What one series of the command line gives."""
    if name == "exercises":
        return exercise_class.series(10 if options.quick else exercise_class.HAND_INS, options.option, options.json)
    if name == "evening":
        n = 10 if options.quick else options.students
        return grading_evening.evening(LIGHT, n, options.stock_students, options.json, release)
    assignment, n = SIZES[name]
    return both(assignment, min(n, 10) if options.quick else n, options.option, options.json, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", action="append", default=[], choices=[*sorted(SIZES), "evening", "exercises"])
    parser.add_argument("--quick", action="store_true", help="at most 10 submissions of each")
    parser.add_argument("--students", type=int, default=300, help="of the series evening")
    parser.add_argument("--stock-students", type=int, default=grading_evening.PART, help="of them for stock; 0: all")
    parser.add_argument("--json", action="store_true", help="the JSON line alone")
    parser.add_argument("--option", action="append", default=[], help="passed on to mlsd grade")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as folder:
        found = {name: measured(name, options, Path(folder)) for name in options.series or SIZES}
    first = next(iter(found.values()))
    cost = grading_isolation.costs(options.json)
    print(json.dumps({"name": "grading"} | first | {"series": found, "isolation_ms": cost}))


if __name__ == "__main__":
    main()
