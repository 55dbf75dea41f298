"""Scenarios under a student's `step`: all that are under way are asked together, so that few messages cross the border.

A controller that dies is tried at every step: a run forks there, once before its actions and once after them.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from pydantic_core import to_json

from grader.suite_kit.answer import Answer, StudentError, kind_of
from grader.suite_kit.codec import JsonText
from grader.suite_kit.designs import FailureReason
from grader.suite_kit.score_sheet import Sheet
from grader.suites.implement_deployment_pipeline.scenarios import EXERCISE, PLACES
from grader.suites.implement_deployment_pipeline.world import USUAL, Broken, Scenario, World, bad_share

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Call = tuple[JsonText, JsonText]
"""What `step` is called with, a state and what is seen, each as JSON."""
Ask = Callable[[list[Call]], list[Any]]
"""Gives for each call what `step` returned, or a `StudentError`."""

MOST_CHARACTERS, RAISED = EXERCISE.limit("state_characters"), "step raised"
BEFORE, AFTER = "before its actions were carried out", "after its actions, before its state was written"


@dataclass(repr=False)
class Run:
    """One scenario under way. `state` is JSON, as the controller keeps it; `died`: when and how the controller did.

    `kept` are the calls of the first of several runs, with what `step` gave.
    """

    world: World
    state: str = "null"
    died: str = ""
    broken: Broken | None = None
    kept: list[tuple[Call, str]] = field(default_factory=list)

    @property
    def raised_at_once(self) -> bool:
        """Whether `step` raised something in the first minute."""
        return self.broken is not None and self.broken.cause.startswith(RAISED) and self.world.minute == 0

    @property
    def over(self) -> bool:
        return self.broken is not None or self.world.done

    def asked(self) -> Call:
        """What `step` is called with."""
        return JsonText(self.state), JsonText(to_json(self.world.seen()).decode())

    def take(self, reply: Any, sheet: Sheet) -> list["Run"]:
        """Goes on with what `step` gave; gives the runs in which the controller died here, if it does."""
        forks: list[Run] = []
        try:
            if isinstance(reply, StudentError):
                raise Broken(10, f"{RAISED} {sheet.raised(reply)}")
            state, actions = _parted(reply)
            if self.world.scenario.kind.dies and not self.died:
                forks.append(Run(self.world.fork(), state, f"It died in minute {self.world.minute} {BEFORE}."))
                forks[0].world.lose(actions)
            self.world.act(actions)
            if forks:
                forks.append(Run(self.world.fork(), self.state, f"It died in minute {self.world.minute} {AFTER}."))
            self.state = state
            self.world.pass_minute()
        except Broken as broken:
            self.broken = broken
        for number, fork in enumerate(forks):
            if fork.world.restarted is None:  # the router restarts at another place in each
                fork.world.place = PLACES[(self.world.minute + number) % len(PLACES)]
            fork.lie_dead()
        return forks

    def lie_dead(self) -> None:
        """The minutes until the controller is back."""
        try:
            for _ in range(int(self.world.scenario.drawn["down"])):
                self.world.pass_minute(dead=True)
        except Broken as broken:
            self.broken = broken

    def told(self, private: bool) -> str:
        """Where and how it broke a rule; where that is private, without figures and what the student's code made up."""
        broken, world = self.broken, self.world
        if broken is None:
            return ""
        said = [broken.detail, self.died]
        if world.restarted is not None:
            said.append(f"The router restarted in minute {world.restarted}.")
        if world.hurt:
            said.append(f"{world.hurt:,} requests were answered wrongly or late by a bad version.")
        if world.marks:
            minute, actions = world.marks[-1]
            said.append(f"The last actions were those of minute {minute}: {actions!r:.160}.")
        said.append(f'See it: suite.try_scenario(step, "{world.scenario.name}", {world.scenario.number}).')
        title = world.scenario.kind.title
        cause = f"{broken.cause} (rule {broken.rule})"
        detail = " ".join(sentence for sentence in said if sentence)
        return FailureReason(f"minute {world.minute}", cause, detail).told(title[0].upper() + title[1:], private)

    def table(self) -> Any:
        """A row a minute: the share of each version, the share of its answers that were bad, what was done."""
        import pandas as pd

        done = {minute: "; ".join(map(repr, actions)) for minute, actions in self.world.marks}
        rows = [
            {f"{version} share": share for version, share in entry["routed"].items()}
            | {f"{version} bad": bad_share(parts) for version, parts in entry["answers"].items()}
            | {"metrics": not entry["out"], "actions": done.get(entry["minute"], "")}
            for entry in self.world.history
        ]
        return pd.DataFrame(rows, index=pd.Index(range(len(rows)), name="minute"))

    def plot(self) -> "Figure":
        """The share of each version over time with what was decided, and the share of its answers that were bad."""
        from mlsd_lib.lesson import plotting

        versions = sorted({version for entry in self.world.history for version in entry["answers"]})
        axes = plotting.panels(rows=2, size=(9, 6), share="x")
        ended = f"minute {self.world.minute}: {self.broken.cause}" if self.broken else "every rule was kept"
        shares = {
            version: {entry["minute"]: entry["routed"].get(version, 0.0) for entry in self.world.history}
            for version in versions
        }
        title = f"{self.world.scenario.kind.title}: {ended}"
        plotting.lines(shares, title[0].upper() + title[1:], "", "share of the requests", style="step", ax=axes[0])
        for minute, actions in self.world.marks:
            axes[0].axvline(minute, color=plotting.GREY, linewidth=0.5)
            if any("refuse" in action for action in actions):
                axes[0].plot(minute, 0, "x", color=plotting.BLACK)
        for entry in self.world.history:
            if entry["out"]:
                axes[1].axvspan(
                    entry["minute"] - 0.5, entry["minute"] + 0.5, color=plotting.GREY, alpha=0.3, linewidth=0
                )
        bad = {
            version: {
                entry["minute"]: 100 * bad_share(entry["answers"][version]) if version in entry["answers"] else np.nan
                for entry in self.world.history
            }
            for version in versions
        }
        usual = {"usual": 100 * sum(USUAL.values())}
        plotting.lines(
            bad, "Errors and slow answers", "minute", "% of its answers", levels=usual, better="down", ax=axes[1]
        )
        return cast("Figure", axes[0].figure)


def run(ask: Ask, scenarios: Sequence[Scenario], sheet: Sheet) -> list[Run]:
    """All scenarios to their end, with those in which the controller dies at a step of its own.

    Most of these soon see the same in the same state: `step` is asked once for all of them.
    """
    runs = [Run(World(scenario)) for scenario in scenarios]
    while under_way := [run for run in runs if not run.over]:
        calls = [run.asked() for run in under_way]
        different = list(dict.fromkeys(calls))
        replies = dict(zip(different, ask(different), strict=True))
        if under_way[0] is runs[0]:
            runs[0].kept.append((calls[0], repr(replies[calls[0]])))
        for run, call in zip(under_way, calls, strict=True):
            runs += run.take(replies[call], sheet)
    return runs


def answers_otherwise(ask: Ask, runs: Sequence[Run]) -> bool:
    """Whether `step` gives something else when it is asked again what it was asked, in the reverse order."""
    kept = [pair for run in runs for pair in run.kept][::-1]
    return [repr(reply) for reply in ask([call for call, _ in kept])] != [reply for _, reply in kept]


def over_the_border(answer: Answer, name: str) -> Ask:
    """Asks the student's function, all calls in one message; one by one where one of them raises."""

    def ask(calls: list[Call]) -> list[Any]:
        try:
            return answer.script(name, [("", call) for call in calls])
        except StudentError as error:
            if error.unfinished:
                raise
            return [error] if len(calls) == 1 else [reply for call in calls for reply in ask([call])]

    return ask


def _parted(reply: Any) -> tuple[str, Any]:
    """The state as JSON, and the actions. Raises `Broken`."""
    if not isinstance(reply, list | tuple) or len(reply) != 2:
        said = "None (is a return missing?)" if reply is None else f"a {kind_of(reply)}"
        raise Broken(10, "step gave no pair of a state and a list of actions", f"It gave {said}.")
    try:
        state = json.dumps(reply[0], allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise Broken(10, "step gave a state that cannot be written as JSON", f"{error}"[:120]) from None
    if len(state) > MOST_CHARACTERS:
        raise Broken(10, f"step gave a state of more than {MOST_CHARACTERS:,g} characters of JSON")
    return state, reply[1]
