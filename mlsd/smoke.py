"""`mlsd smoke`: in two minutes, whether the course works here, by its real parts in a temporary folder.

A notebook of each kind is run, a wrong answer is handed in, graded in the sandbox and its feedback read, and a case's
service is trained small, asked and ended. What a student edition has no parts for is named and left out.
"""

import base64
import contextlib
import html
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from urllib.request import Request, urlopen

from grader.errors import GraderError
from mlsd.user_folders import PLACES

NOTEBOOKS = {
    "start page": "chapters/00_start_here.ipynb",
    "lesson": "chapters/02_design_a_machine_learning_system/01_project_setup.ipynb",
    "overview": "chapters/04_exercises/01_exercises.ipynb",
    "exercise": "exercises/implement_feature_store/implement_feature_store.ipynb",
}
"""One of each kind, the cheapest: 15 CPU seconds in all. For a case study, which takes minutes, its service stands."""
EXERCISE, WRONG, STUDENT = "implement_feature_store", "before_not_at", "smoke"
CASE = "case_studies.moderation"
SMALL = ("--days", "51", "--authors", "150", "--test-days", "7")
POST = {
    "post_id": 10**9,
    "time": "2026-03-01T12:00:00",  # soon after the stream ends; a service refuses a time ahead of its clock
    "author_id": 1,
    "thread_id": 1,
    "followers": 100,
    "text": "a good day for a walk",
}


@dataclass(frozen=True)
class Step:
    """One thing to try: `run` gives what was seen, or raises. `needs` names the step without which it makes no sense;
    with a `left_out`, which says why, it is not tried.
    """

    name: str
    run: Callable[[], str]
    needs: str = ""
    left_out: str = ""


def smoke(root: Path, say: Callable[[str], object], every_level: bool = False) -> bool:
    """True if everything that the course at `root` has parts for works here; `say` hears it, line ends included."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mlsd-smoke-", ignore_cleanup_errors=True) as folder:
        outcomes = list(tried(steps(root, Path(folder), every_level), say).values())
    faults, spent_s = outcomes.count("failed") + outcomes.count("not tried"), time.monotonic() - started
    if faults:
        say(f"\n{faults} of {len(outcomes)} steps did not work, in {spent_s:.0f} s. Next: mlsd doctor\n")
    else:
        say(f"\nThe course works here: {outcomes.count('passed')} steps passed in {spent_s:.0f} s. {_sandbox()}\n")
    return not faults


def steps(root: Path, folder: Path, every_level: bool = False) -> list[Step]:
    """What is tried, in order; all that is written goes below `folder`."""
    hand_in, case = HandIn(root, folder / "course", _kept_in(folder)), Case(root, folder / "runs", _kept_in(folder))
    bare = "" if hand_in.has_parts() else "a student edition has neither solutions nor a bank of wrong answers"
    notebooks = [Step(f"{kind} {name}", partial(run_notebook, root, name)) for kind, name in NOTEBOOKS.items()]
    graded = [Step(f"grade it in the sandbox{at}", partial(hand_in.grade, level), "hand in a wrong answer", bare)
              for at, level in _levels(every_level and not bare)]  # fmt: skip
    return [
        *notebooks,
        Step("hand in a wrong answer", hand_in.collect, left_out=bare),
        *graded,
        Step("read its feedback", hand_in.feedback, graded[0].name, bare),
        Step("train a small case study", case.train),
        Step("ask its service", case.ask, "train a small case study"),
    ]


def tried(todo: Sequence[Step], say: Callable[[str], object]) -> dict[str, str]:
    """The outcome of each step by name: passed, failed, not tried, left out. `say` hears a line each."""
    outcomes: dict[str, str] = {}
    for number, step in enumerate(todo, 1):
        say(f"{number} of {len(todo)}  {step.name}: ")
        started = time.monotonic()
        outcomes[step.name], seen = _outcome(step, outcomes)
        say(f"{outcomes[step.name]} in {time.monotonic() - started:.0f} s; {seen}\n")
    return outcomes


def _outcome(step: Step, before: Mapping[str, str]) -> tuple[str, str]:
    if step.left_out:
        return "left out", step.left_out
    if before.get(step.needs, "passed") != "passed":
        return "not tried", f"it needs the step: {step.needs}"
    try:
        return "passed", step.run()
    except Exception as error:  # whatever it is, it is what this command is there to find
        return "failed", f"{error}" if isinstance(error, GraderError) else f"{type(error).__name__}: {error}"


def run_notebook(root: Path, name: str) -> str:
    """What one run of a notebook took, as `mlsd check` runs it; raises `GraderError` with its failure."""
    from notebook_runner.course import read_notebook
    from notebook_runner.execution import execute, private_folder
    from notebook_runner.result import report

    with private_folder() as private:
        result = execute(root, read_notebook(root, root / name), private, keep=False)
    if not result.passed:
        raise GraderError(report(result))
    return result.figures()


@dataclass(frozen=True)
class HandIn:
    """An exercise of the course at `root`, alone in the new folder `course`, and a wrong answer handed in there."""

    root: Path
    course: Path
    environment: Mapping[str, str]

    def has_parts(self) -> bool:
        """Whether the course has the solution and the bank."""
        return all((self.root / part).is_dir() for part in (f"solutions/{EXERCISE}", f"grader/suites/{EXERCISE}/bank"))

    def collect(self) -> str:
        """Release the exercise and take the answer in."""
        from grader.answer_bank.model import load_bank
        from grader.workflow import demo

        demo.prepare(self.root, self.course, EXERCISE)
        self._mlsd("release", EXERCISE)
        place = self.course / "downloads" / STUDENT
        place.mkdir(parents=True)
        (place / f"{EXERCISE}.ipynb").write_bytes(demo.answered(self.course, load_bank(self.course, EXERCISE), WRONG))
        self._mlsd("collect", EXERCISE, "downloads")
        return f"{WRONG} of the bank of {EXERCISE}, released and collected"

    def grade(self, level: str = "") -> str:
        """Grade it; the points must be those that the bank states."""
        chosen = ("--sandbox", level, "--require-sandbox") if level else ()
        self._mlsd("grade", EXERCISE, "--force", "--jobs", "1", *chosen)
        results = self.course / "classroom" / "reports" / EXERCISE / STUDENT / "results.json"
        points = json.loads(results.read_text(encoding="utf-8"))["score"]
        if points != self._stated():
            raise GraderError(
                f"it got {points:g} points, and its bank states {self._stated():g} (mlsd bank {EXERCISE})"
            )
        return f"{points:g} points, as its bank states"

    def feedback(self) -> str:
        """Write the page and look for the sentences that the bank states."""
        from grader.answer_bank.model import load_bank

        self._mlsd("feedback", EXERCISE)
        [page] = (self.course / "classroom" / "feedback" / STUDENT).rglob("*.html")
        text = html.unescape(re.sub(r"<[^>]*>", "", page.read_text(encoding="utf-8")))
        [answer] = [candidate for candidate in load_bank(self.course, EXERCISE).answers if candidate.name == WRONG]
        if missing := [sentence for sentence in answer.says if sentence not in text]:
            raise GraderError(f"the page does not say {missing[0]!r}")
        return f'it says "{answer.says[0]}"'

    def _stated(self) -> float:
        from grader.answer_bank.model import load_bank

        bank = load_bank(self.course, EXERCISE)
        return sum(bank.expected(next(answer for answer in bank.answers if answer.name == WRONG)).values())

    def _mlsd(self, *words: str) -> str:
        from grader.workflow.demo import MLSD

        return _last_line([*MLSD, *words], self.course, self.environment)


@dataclass(frozen=True)
class Case:
    """A case study of the course at `root`, with its runs in the folder `runs`."""

    root: Path
    runs: Path
    environment: Mapping[str, str]
    module: str = CASE

    def train(self) -> str:
        """Train on a short stream, by the command line."""
        command = [sys.executable, "-m", self.module, "train", *SMALL, "--out", str(self.runs)]
        _last_line(command, self.root, self.environment)
        return "the best candidate passed its tests and was released"

    def ask(self) -> str:
        """Start the service in a process of its own, ask it once over HTTP and end it."""
        from mlsd_lib.serving import ServerProcess

        command = [sys.executable, "-m", self.module, "serve", "--out", str(self.runs), "--port", "{port}"]
        # On a busy machine a server takes more than the usual seconds to end, which is no fault of the course.
        with ServerProcess(command, cwd=self.root, env=self.environment, start_s=120, stop_s=30) as server:
            (key,) = self.runs.glob("*/caller.key")  # of the one run, made at the latest when it is served
            pair = base64.b64encode(f"caller:{key.read_text()}".encode()).decode()
            sent = {"Content-Type": "application/json", "Authorization": f"Basic {pair}"}
            request = Request(f"{server.url}/predict", json.dumps(POST).encode(), sent)
            with urlopen(request, timeout=30) as response:
                answer = json.load(response)
        if server.exit_code != 0:
            raise GraderError(f"the service ended with status {server.exit_code}: {server.log(5)}")
        return f"POST /predict: {answer['action']}, because {answer['reason']}"


def _last_line(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    """The last line that a command prints; raises `GraderError` with all that it said if it fails."""
    ended = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    if ended.returncode:
        raise GraderError(
            f"{' '.join(command[-4:])} ended with status {ended.returncode}:\n{ended.stdout}{ended.stderr}"
        )
    return next((line for line in reversed(ended.stdout.splitlines()) if line.strip()), "")


def _kept_in(folder: Path) -> dict[str, str]:
    """Variables by which programs keep in `folder` what they would keep in the user's home."""
    return {name: str(folder / "home" / place) for name, place in PLACES.items()}


def _levels(every: bool) -> list[tuple[str, str]]:
    """A name and a level for each time that the answer is graded: the best level first, and alone unless `every`."""
    if not every:
        return [("", "")]
    from grader.sandbox.level import Level
    from grader.sandbox.probe import missing

    weaker = [level for level in (Level.LANDLOCK, Level.LIMITS) if not missing(level)]
    return [("", ""), *((f" at the level {level.name.lower()}", level.name.lower()) for level in weaker)]


def _sandbox() -> str:
    """Which sandbox works here; nothing in a student edition, which has none."""
    if find_spec("grader.sandbox") is None:
        return ""
    from grader.sandbox import SandboxError
    from grader.sandbox.probe import advice, best_level, describe

    with contextlib.suppress(SandboxError):
        level = best_level()
        return f"S{describe(level)[1:]}. {advice(level)}".strip()
    return "No sandbox works here: mlsd doctor says why."
