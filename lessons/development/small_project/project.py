"""A project of some files in a repository of its own, with the checks that a team runs on each change.

The files stand in `files/`, as they would in a repository; `Project` puts them into a folder and runs git, pre-commit
and pytest there, each as a process.
"""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlsd_lib.operations.errors import OperationsError

FILES, DATA, LOCK = Path(__file__).parent / "files", "payments.csv", "payments.lock"
HABITS = ("hooks", "code", "data", "model", "repeats", "decisions")
"""What is run on each change: pre-commit's hooks, and a file of tests each in `checks/`."""
LOADING = "loading"
WARM = Path(__file__).with_name("warm_tests.py")
QUICKLY = ("-p", "no:cacheprovider", "-p", "no:unraisableexception", "--assert", "plain")
"""Of pytest only what a verdict needs: no cache, no search for lost objects, no rewriting of each module's asserts."""


def payments(rng: np.random.Generator, days: int = 20, per_day: int = 250) -> pd.DataFrame:
    """Payments of some days, (days * per_day,): more often fraud by night, from new customers and from abroad."""
    rows = days * per_day
    table = pd.DataFrame(
        {
            "payment_id": np.arange(rows),
            "day": np.repeat(np.arange(days), per_day),
            "hour": rng.integers(0, 24, rows),
            "amount_eur": np.clip(rng.lognormal(3.2, 0.9, rows), 0.01, 1_900).round(2),
            "customer_days": rng.integers(0, 300, rows),
            "country": rng.choice(["DE", "FR", "IT"], rows, p=[0.8, 0.1, 0.1]),
            "home": "DE",
        }
    )
    night = (table["hour"] < 6) | (table["hour"] >= 22)
    pull = 1.5 * night + 1.2 * (table["customer_days"] < 30) + 1.8 * (table["country"] != "DE")
    pull += 0.7 * (np.log(table["amount_eur"]) - 3.2)
    return table.assign(fraud=(rng.random(rows) < 1 / (1 + np.exp(4.2 - pull))).astype(int))


def lock(folder: Path) -> None:
    """Write down which table the project in `folder` was agreed on, by its digest."""
    (folder / LOCK).write_text(hashlib.sha256((folder / DATA).read_bytes()).hexdigest(), encoding="utf-8")


@dataclass(frozen=True)
class Checked:
    """What the checks said of a change: by habit whether it refused the change, and the seconds that it took.

    Under `LOADING` stand the seconds in which pytest and the libraries start, which all tests share.
    """

    refused: dict[str, bool]
    seconds: dict[str, float]


class Project:
    """The project in a git repository in `folder`, which must be empty or not exist yet; closed after use."""

    def __init__(self, folder: Path, rng: np.random.Generator) -> None:
        if folder.exists() and any(folder.iterdir()):
            raise OperationsError(f"{folder} is not empty; a project is only put into an empty folder. Name another.")
        self.folder = folder
        self._running, self._loading_s = ExitStack(), 0.0
        self._tests: Callable[..., None] | None = None
        shutil.copytree(FILES, folder, dirs_exist_ok=True)
        hooks = (folder / "pre-commit-config.yaml").rename(folder / ".pre-commit-config.yaml")
        python = shlex.quote(Path(sys.executable).as_posix())
        hooks.write_text(hooks.read_text(encoding="utf-8").replace("PYTHON", python), encoding="utf-8")
        payments(rng).to_csv(folder / DATA, index=False)
        lock(folder)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit("The project as it is handed over")

    def close(self) -> None:
        """End the process that runs the tests, if any has been run."""
        self._running.close()
        self._tests = None

    def git(self, *arguments: str) -> str:
        """What git prints. Raises `OperationsError` with git's own words where it fails or is not installed."""
        return self._run("git", "-c", "user.name=A student", "-c", "user.email=student@example.org", *arguments)

    def commit(self, message: str) -> None:
        """Commit all that has changed."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-verify", "--message", message)

    def put_back(self) -> None:
        """Undo all that has changed since the last commit."""
        self.git("reset", "--quiet", "--hard")
        self.git("clean", "--quiet", "-d", "--force", "-x")

    def check(self) -> Checked:
        """Run every habit on the files as they are now, staged for a commit."""
        (checked,) = self.check_each([lambda folder: None], put_back=False)
        return checked

    def check_each(self, changes: Iterable[Callable[[Path], None]], put_back: bool = True) -> Iterator[Checked]:
        """Make each of `changes` in the project's folder, run every habit on it, and undo it.

        The libraries are loaded once, when the first change of the project is checked.
        """
        for change in changes:
            change(self.folder)
            checked = self._checked()
            if put_back:
                self.put_back()
            yield checked

    def _checked(self) -> Checked:
        run = self._loaded()
        self.git("add", "--all")
        begun = time.perf_counter()
        hooks = self._process(sys.executable, "-m", "pre_commit", "run", "--all-files")
        refused, seconds = {"hooks": hooks.returncode != 0}, {"hooks": time.perf_counter() - begun}
        report = self.folder / ".git" / "checks.xml"
        here = ("--rootdir", ".", "--confcutdir", ".", "-c", os.devnull)  # no other folder, and no settings of others
        report.unlink(missing_ok=True)
        begun = time.perf_counter()
        run("-q", *QUICKLY, "--import-mode=importlib", *here, "checks", f"--junitxml={report}")
        tests_s = self._loading_s + time.perf_counter() - begun
        cases = list(ElementTree.parse(report).iter("testcase"))
        for habit in HABITS[1:]:
            own = [case for case in cases if f"test_{habit}" in f"{case.get('classname')}{case.get('name')}"]
            refused[habit] = not own or any(
                case.find(kind) is not None for case in own for kind in ("failure", "error")
            )
            seconds[habit] = sum(float(case.get("time", 0)) for case in own)
        seconds[LOADING] = tests_s - sum(seconds[habit] for habit in HABITS[1:])
        return Checked(refused, seconds)

    def bisect(self, good: str, bad: str, *command: str) -> tuple[str, int]:
        """The first commit for which `command` fails, by its message, and how often git had to run it."""
        self.git("bisect", "start", bad, good)
        printed = self.git("bisect", "run", *command)
        first = self.git("log", "-1", "--format=%s", "refs/bisect/bad").strip()
        self.git("bisect", "reset")
        return first, printed.count("running ")

    def _run(self, *command: str) -> str:
        done = self._process(*command)
        if done.returncode:
            raise OperationsError(f"{' '.join(command)} ended with status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def _loaded(self) -> Callable[..., None]:
        """`_pytest`, kept until the project is closed."""
        if self._tests is None:
            begun = time.perf_counter()
            self._tests = self._running.enter_context(self._pytest())
            self._loading_s = time.perf_counter() - begun
        return self._tests

    @contextmanager
    def _pytest(self) -> Iterator[Callable[..., None]]:
        """A function that runs pytest with its arguments in the project's folder; the libraries are loaded."""
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        command = [sys.executable, str(WARM)]
        with subprocess.Popen(command, cwd=self.folder, env=self._environment(), text=True, **pipes) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            asked, answers = process.stdin, process.stdout

            def run(*arguments: str) -> None:
                print(json.dumps(arguments), file=asked, flush=True)
                answers.readline()

            answers.readline()
            yield run

    def _process(self, *command: str) -> "subprocess.CompletedProcess[str]":
        try:
            return subprocess.run(
                command, cwd=self.folder, env=self._environment(), capture_output=True, text=True, check=False
            )
        except FileNotFoundError as error:
            raise OperationsError(
                f"{command[0]} is not installed, or not on PATH. Install it and try again."
            ) from error

    def _environment(self) -> dict[str, str]:
        home = self.folder / ".git" / "home"  # nothing of the user's configuration, and nothing left in his home
        env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PYTEST_"))}
        env |= {
            "PYTHONPATH": str(self.folder),
            "PRE_COMMIT_HOME": str(home),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C",
        }
        env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return env
