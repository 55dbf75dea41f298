"""What a run came to, and how a failure is reported: notebook, cell, lines, error, how to run that one again."""

import dataclasses
from dataclasses import dataclass
from typing import Any

SLOW = 1.25
"""From here on the CPU seconds of a run are told with how slow the machine was."""


@dataclass(frozen=True)
class Failure:
    """One reason for a red verdict.

    `kind`: error, thread, task, not run, kernel, process, network, cpu, wall, memory, metadata, tools,
    runner, claim (under another seed than the notebook's own).
    `source` is the text of cell `cell_id`, `line` the number of its failing line (0 if unknown), `frames` the way from
    the cell to the error, outermost first.
    """

    kind: str
    message: str
    cell_id: str = ""
    source: str = ""
    line: int = 0
    frames: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """The outcome of one notebook: CPU and wall seconds, peak MB of the process tree, how it was kept offline.

    `budget_s` is its stated budget in CPU seconds of an idle machine, 0 where nothing ran; `slowness` is how many times
    as many this machine took meanwhile. A run somewhat above both may have passed.
    `cached` is True if nothing it depends on had changed and the figures are those of its last run, `stored` if that
    run was in another checkout; `why` says what made it run; `at` is when it ran, in seconds since the epoch;
    `left_out` are the tools that were missing; `seed` is the one set from outside, None where the notebook ran with
    its own.
    """

    notebook: str
    failures: tuple[Failure, ...] = ()
    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_mb: float = 0.0
    offline: str = ""
    cached: bool = False
    why: tuple[str, ...] = ()
    at: float = 0.0
    left_out: tuple[str, ...] = ()
    seed: int | None = None
    budget_s: float = 0.0
    slowness: float = 1.0
    stored: bool = False

    @property
    def passed(self) -> bool:
        """True if the notebook ran to its end under all rules."""
        return not self.failures

    @property
    def verdict(self) -> str:
        """The outcome in a word: passed or failed."""
        return "passed" if self.passed else "failed"

    @property
    def label(self) -> str:
        """What ran: the notebook, and the seed where it was not its own."""
        return self.notebook if self.seed is None else f"{self.notebook}, seed {self.seed}"

    def to_json(self) -> dict[str, Any]:
        """The result as plain data."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Result":
        """The result that `to_json` gave."""
        failures = tuple(Failure(**{**failure, "frames": tuple(failure["frames"])}) for failure in data["failures"])
        reported = {"why": tuple(data["why"]), "left_out": tuple(data.get("left_out", ()))}
        return cls(**{**data, **reported, "failures": failures})

    def figures(self) -> str:
        """CPU, wall and memory in one line."""
        slow = f" on a machine {self.slowness:.1f} times as slow" if self.slowness >= SLOW else ""
        return f"{self.cpu_s:.1f} CPU s{slow}, {self.wall_s:.1f} s, {self.peak_mb:,.0f} MB"

    def remarks(self) -> list[str]:
        """What a person should know about a run that passed: a budget exceeded, sections left out."""
        found = []
        if self.passed and 0 < self.budget_s < self.cpu_s / self.slowness:
            idle_s = self.cpu_s / self.slowness
            found.append(f"above its budget of {self.budget_s:g} CPU s: it takes {idle_s:.0f} on an idle machine")
        if self.left_out:
            found.append(f"without its section on {', '.join(self.left_out)}: make tools, then make test-tools")
        return found


def report(result: Result) -> str:
    """What its author needs to know about a failed run, as plain text of some lines."""
    lines = [f"{result.notebook} failed ({result.figures()})"]
    for failure in result.failures:
        lines += ["", *_failure_lines(failure)]
    return "\n".join([*lines, "", f"Run it again: {rerun_command(result.notebook)}"])


def rerun_command(notebook: str) -> str:
    """The command that runs this one notebook, from the course's folder."""
    return f"mlsd check {notebook}" if " " not in notebook else f'mlsd check "{notebook}"'


def _failure_lines(failure: Failure) -> list[str]:
    lines = [f"cell {failure.cell_id}" if failure.cell_id else "the notebook as a whole"]
    for number, text in enumerate(failure.source.splitlines(), 1):
        lines.append(f"  {'->' if number == failure.line else '  '} {number:2d}  {text}")
    lines += [f"     {frame}" for frame in failure.frames]
    return [*lines, *failure.message.splitlines()]
