"""What each test did in each round, a line of JSON a test, written as soon as it is known."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from notebook_runner.errors import CourseError


@dataclass(frozen=True)
class Run:
    """A test in a round: passed, failed or skipped, and the first line of what it said when it failed."""

    round: int
    test: str
    outcome: str
    message: str = ""


class Book:
    """A file of runs. The first line says what was asked for, and each whole round has one, too."""

    def __init__(self, path: Path):
        self.path = path

    def begin(self, asked: Sequence[str], resume: bool) -> None:
        """Begin a new file and keep the former one beside it; with `resume` go on with the one that is there."""
        if resume:
            self._expect(list(asked))
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            self.path.replace(self.path.with_suffix(".before.jsonl"))
        self._add({"asked": list(asked)})

    def _expect(self, asked: list[str]) -> None:
        before = next((line["asked"] for line in self._lines() if "asked" in line), None)
        if before != asked:
            kept = "nothing" if before is None else f"`{' '.join(before) or 'the chosen tests'}`"
            raise CourseError(
                f"--resume goes on with what {self.path} keeps; it keeps {kept}, and you ask for "
                f"`{' '.join(asked) or 'the chosen tests'}`. Ask for the same, or leave --resume away."
            )

    def add(self, run: Run) -> None:
        self._add(asdict(run))

    def close_round(self, number: int) -> None:
        """Note that no test is left to run in this round."""
        self._add({"whole": number})

    def whole_rounds(self) -> set[int]:
        return {line["whole"] for line in self._lines() if "whole" in line}

    def runs(self) -> list[Run]:
        return [Run(**line) for line in self._lines() if "test" in line]

    def done(self, number: int) -> list[str]:
        """The tests that came to an end in this round."""
        return [run.test for run in self.runs() if run.round == number]

    def _add(self, entry: dict[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def _lines(self) -> Iterator[dict[str, Any]]:
        for line in self.path.read_text("utf-8").splitlines() if self.path.exists() else []:
            try:
                yield json.loads(line)
            except ValueError:
                pass  # cut off when the process was killed

    def summary(self) -> str:
        """Which tests ran how often, by module, and which of them failed how often, with the first message of each."""
        runs = [run for run in self.runs() if run.outcome != "skipped"]
        times = Counter(run.test for run in runs)
        failures = [run for run in runs if run.outcome == "failed"]
        failed, message = Counter(run.test for run in failures), {run.test: run.message for run in failures[::-1]}
        lines = [*_by_module(times), f"{len(times)} tests, {len(runs)} runs; {len(failed)} tests failed at least once"]
        for test, count in failed.most_common():
            lines += [f"  {count} of {times[test]}  {test}", f"      {message[test]}"]
        return "\n".join(lines)


def _by_module(times: Counter[str]) -> Iterator[str]:
    found: dict[str, list[int]] = defaultdict(list)
    for test, count in times.items():
        found[test.partition("::")[0]].append(count)
    for module, counts in sorted(found.items()):
        often = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
        yield f"{module}: {len(counts)} tests, each {often} times"
