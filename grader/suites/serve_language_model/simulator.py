"""A server of a language model in virtual time: what a policy runs, which tokens come when. No clock, no criterion."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from grader.suite_kit.answer import kind_of
from grader.suite_kit.comparison import is_number
from grader.suite_kit.policies import Refused, came
from grader.suites.serve_language_model.world import EVEN_FROM_S, FAMILIES, Scenario, Server

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

IDLE_S = 0.05
"""So much time passes if a policy runs nothing although something waits."""
FORM = '{"run": {id: tokens}, "preempt": [ids]}'
WRONG_FORM = f"it must return {FORM}"


@dataclass
class Stream:
    """A request as the server knows it, and when its tokens came."""

    number: int
    tenant: str
    prompt: int
    output: int
    limit: int
    arrived_s: float
    left: int
    computed: int = 0
    admitted_s: float = float("inf")
    token_s: list[float] = field(default_factory=list)
    preempted: int = 0

    @property
    def complete(self) -> bool:
        return len(self.token_s) == self.output

    @property
    def first_s(self) -> float:
        """Seconds from its arrival to its first token; without one, for ever."""
        return self.token_s[0] - self.arrived_s if self.token_s else float("inf")

    def longest_gap(self, until_s: float) -> tuple[float, float]:
        """From when to when no token came for longest, after the first; if the stream goes on, up to `until_s`."""
        times = self.token_s if self.complete else [*self.token_s, max([until_s, *self.token_s[-1:]])]
        return max(pairwise(times), key=lambda gap: gap[1] - gap[0], default=(0.0, 0.0))

    def gap_s(self, until_s: float) -> float:
        """How long that is, in seconds."""
        from_s, to_s = self.longest_gap(until_s)
        return to_s - from_s

    def seen(self) -> dict[str, Any]:
        """What a policy may know of it: everything but the length of its answer."""
        return {
            "id": self.number, "tenant": self.tenant, "arrived_s": self.arrived_s, "prompt": self.prompt,
            "limit": self.limit, "written": len(self.token_s), "computed": self.computed, "left": self.left,
        }  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One step: when it began, what it took, what it computed, the memory held after it, how many run and wait.

    `writing_tokens`: the memory of those requests for which a token came out.
    """

    at_s: float
    takes_s: float
    tokens: int
    used_tokens: int
    writing_tokens: int
    running: int
    waiting: int


@dataclass
class Run:
    """A scenario under a policy. `again`: tokens that were lost by preemption."""

    scenario: Scenario
    server: Server
    streams: list[Stream]
    steps: list[Step] = field(default_factory=list)
    again: int = 0

    def interrupted(self, stream: Stream) -> bool:
        """Whether a stream stood still for longer than is promised."""
        return stream.gap_s(self.scenario["end_s"]) > self.server["gap_s"]

    def kept(self, stream: Stream) -> bool:
        """Whether a request got its first token, and all further ones up to the end, as promised."""
        return stream.first_s <= self.server["first_s"] and not self.interrupted(stream)

    def room(self) -> float:
        """The share of the memory that requests hold for which a token comes out, while others wait.

        A prompt that is held and writes nothing does not count: it could fill the memory and then be thrown away.
        """
        return self._of_memory([step.writing_tokens for step in self.steps])

    def held(self) -> float:
        """The share of the memory that is held by any request, while others wait."""
        return self._of_memory([step.used_tokens for step in self.steps])

    def _of_memory(self, tokens: list[int]) -> float:
        """The mean share of the memory over the time in which requests wait; `tokens` are by step."""
        waits = [(step, held) for step, held in zip(self.steps, tokens, strict=True) if step.waiting]
        used = sum(held * step.takes_s for step, held in waits)
        return used / (self.server["memory_tokens"] * max(sum(step.takes_s for step, _ in waits), 1e-9))

    def judged(self) -> list[Stream]:
        """The requests that count: all, or those of the steady tenant from the other's first request on."""
        from_s, steady = self.scenario.get("at_s", 0.0), self.scenario.get("steady")
        return [stream for stream in self.streams if steady in (None, stream.tenant) and stream.arrived_s >= from_s]

    def share_kept(self) -> float:
        """The share of the requests that count whose promise was kept."""
        judged = self.judged()
        return sum(map(self.kept, judged)) / len(judged)

    def count_kept(self) -> int:
        """The number of all requests whose promise was kept."""
        return sum(map(self.kept, self.streams))

    def share_served(self) -> float:
        """The share of the other tenant's requests that got a token, and all further ones without a long gap."""
        others = [stream for stream in self.streams if stream.tenant != self.scenario["steady"]]
        return sum(bool(stream.token_s) and not self.interrupted(stream) for stream in others) / len(others)

    def evenness(self) -> float:
        """Tokens for the tenant with the fewest over those for the one with the most, once both wait."""
        given = self.given().values()
        return min(given) / max(*given, 1)

    def given(self) -> dict[str, int]:
        """Tokens that each tenant was given once both wait. A prompt counts when its first token comes out."""
        given = dict.fromkeys((stream.tenant for stream in self.streams), 0)
        for stream in self.streams:
            since = [at_s >= EVEN_FROM_S for at_s in stream.token_s]
            given[stream.tenant] += sum(since) + (stream.prompt if since[:1] == [True] else 0)
        return given

    def share_interrupted(self) -> float:
        """The share of the streams that stood still for longer than is promised."""
        return sum(map(self.interrupted, self.streams)) / len(self.streams)

    def table(self) -> "pd.DataFrame":
        """A row a request: when it came, was admitted, got its first token; its longest gap; how often preempted."""
        import pandas as pd

        rows = [
            {
                "tenant": stream.tenant, "arrived (s)": stream.arrived_s, "prompt": stream.prompt,
                "written": len(stream.token_s), "admitted after (s)": stream.admitted_s - stream.arrived_s,
                "first token after (s)": stream.first_s, "longest gap (s)": stream.gap_s(self.scenario["end_s"]),
                "preempted": stream.preempted, "kept": self.kept(stream),
            }
            for stream in self.streams
        ]  # fmt: skip
        return pd.DataFrame(rows).rename_axis("request").round(3)

    def plot(self) -> "Figure":
        """When each request waits and streams, and how full the server is."""
        from grader.suites.serve_language_model.picture import Row, picture

        end_s, rows = self.scenario["end_s"], []
        for stream in self.streams:
            first_s = stream.token_s[0] if stream.token_s else end_s
            rows.append(Row(stream.tenant, stream.arrived_s, first_s, stream.token_s[-1] if stream.complete else end_s))
        full = {
            "slots": [100 * step.running / self.server["slots"] for step in self.steps],
            "memory": [100 * step.used_tokens / self.server["memory_tokens"] for step in self.steps],
        }
        kept = f"{FAMILIES[self.scenario['family']].title}: {self.share_kept():.0%} of the promises kept".capitalize()
        return picture(kept, rows, [step.at_s for step in self.steps], full)


class _Server:
    """The state between steps. Requests are asked for by number, in the order of arrival."""

    def __init__(self, server: Server, scenario: Scenario) -> None:
        self.server, self.now_s, self.come = server, 0.0, 0
        self.streams = [
            Stream(number, left=request["prompt"], **request) for number, request in enumerate(scenario["requests"])
        ]
        self.waiting: dict[int, Stream] = {}
        self.running: dict[int, Stream] = {}
        self.ended: list[Stream] = []

    def arrive(self) -> None:
        if not self.waiting and not self.running and self.come < len(self.streams):
            self.now_s = max(self.now_s, self.streams[self.come].arrived_s)
        while self.come < len(self.streams) and self.streams[self.come].arrived_s <= self.now_s:
            self.waiting[self.come] = self.streams[self.come]
            self.come += 1

    def used(self) -> int:
        return sum(stream.computed for stream in self.running.values())

    def seen(self) -> dict[str, Any]:
        return {
            "now_s": self.now_s,
            "used_tokens": self.used(),
            "waiting": [stream.seen() for stream in self.waiting.values()],
            "running": [stream.seen() for stream in self.running.values()],
            "complete": [stream.seen() for stream in self.ended],
        }

    def preempt(self, numbers: list[int]) -> int:
        """Puts requests back into the queue; the tokens that are lost."""
        lost = 0
        for number in numbers:
            stream = self.running.pop(number)
            lost += stream.computed
            stream.left, stream.computed = stream.prompt + len(stream.token_s), 0
            stream.preempted += 1
            self.waiting[number] = stream
        self.waiting = dict(sorted(self.waiting.items()))
        return lost

    def run(self, planned: dict[int, int]) -> Step:
        """Computes a step and gives out its tokens."""
        context = 0
        for number in planned:
            if number in self.waiting:
                self.running[number] = self.waiting.pop(number)
                self.running[number].admitted_s = min(self.running[number].admitted_s, self.now_s)
            context += self.running[number].computed
        tokens, server = sum(planned.values()), self.server
        work_s = max(server["weights_s"], tokens * server["token_s"]) + context * server["context_s"]
        at_s, takes_s, writing = self.now_s, work_s if planned else IDLE_S, 0
        self.now_s += takes_s
        for number, computed in planned.items():
            stream = self.running[number]
            stream.computed += computed
            stream.left -= computed
            if stream.left == 0:
                stream.token_s.append(self.now_s)
                stream.left = 1
                writing += stream.computed
        step = Step(at_s, takes_s, tokens, self.used(), writing, len(self.running), len(self.waiting))
        self.ended = [self.running.pop(number) for number in planned if self.running[number].complete]
        return step


def simulate(decide: Callable[[dict[str, Any]], Any], server: Server, scenario: Scenario) -> Run:
    """The scenario under `decide`, asked before each step. Raises `Refused`, and what `decide` raises."""
    state = _Server(server, scenario)
    run = Run(scenario, server, state.streams)
    while True:
        state.arrive()
        if state.now_s >= scenario["end_s"] or not (state.waiting or state.running):
            return run
        preempted, planned = checked(decide(state.seen()), state)
        run.again += state.preempt(preempted)
        run.steps.append(state.run(planned))


def checked(given: Any, state: _Server) -> tuple[list[int], dict[int, int]]:
    """What to preempt and what to run. Raises `Refused` for what cannot be done in this state."""
    if not isinstance(given, dict) or given.keys() != {"run", "preempt"}:
        said = came(given)
        if isinstance(given, dict):
            said = f"the keys {', '.join(map(repr, given))}"[:80] if given else "an empty dict"
        raise Refused(f"step gave {said}; it must return {FORM}. Give both keys and no other.", WRONG_FORM)
    preempted, planned = given["preempt"], given["run"]
    if not isinstance(preempted, list) or not isinstance(planned, dict):
        raise Refused(
            f"step gave run as {kind_of(planned)} and preempt as {kind_of(preempted)}; it must return {FORM}. "
            "Give a dict and a list.",
            WRONG_FORM,
        )
    _preempted_are_running(preempted, state)
    for number, tokens in planned.items():
        _can_run(number, tokens, preempted, state)
    _fits(preempted, planned, state)
    return preempted, {int(number): int(tokens) for number, tokens in planned.items()}


def _preempted_are_running(preempted: list[Any], state: _Server) -> None:
    for place, number in enumerate(preempted):
        if not _whole(number) or number not in state.running:
            raise Refused(
                f"step preempts {number!r:.40}; only requests in seen['running'] can be preempted. Leave it out.",
                "it preempts a request that is not running",
            )
        if number in preempted[:place]:
            raise Refused(
                f"step preempts {number} twice; name each request once. Remove one.", "it preempts a request twice"
            )


def _can_run(number: Any, tokens: Any, preempted: list[int], state: _Server) -> None:
    stream = (state.running.get(number) or state.waiting.get(number)) if _whole(number) else None
    if stream is None:
        rule = "an id must be one of seen['waiting'] or seen['running']"
        raise Refused(f"step runs the request {number!r:.40}; {rule}. Leave it out.", "it runs an unknown request")
    if number in preempted:
        raise Refused(
            f"step runs and preempts the request {number}; choose one for this step.",
            "it runs and preempts the same request",
        )
    if not _whole(tokens) or not 1 <= tokens <= stream.left:
        rule = f"it must be a whole number from 1 to its 'left', {stream.left}"
        raise Refused(
            f"step runs {tokens!r:.40} tokens of the request {number}; {rule}. Correct it or leave it out.",
            "it runs fewer tokens of a request than one, or more than are left",
        )


def _fits(preempted: list[int], planned: dict[int, int], state: _Server) -> None:
    held = state.running.keys() - set(preempted) | planned.keys()
    if len(held) > state.server["slots"]:
        raise Refused(
            f"step would have {len(held)} requests running; slots is {state.server['slots']}. Admit fewer, and count "
            "those that are running already.",
            "more requests would run than there are slots",
        )
    lost = sum(state.running[number].computed for number in preempted)
    used = state.used() - lost + sum(planned.values())
    if used > state.server["memory_tokens"]:
        raise Refused(
            f"step would hold {used} tokens; memory_tokens is {state.server['memory_tokens']}. Admit fewer, compute "
            "less of a prompt, or preempt before memory ends: each token that is computed is held.",
            "more tokens would be held than memory_tokens",
        )


def _whole(given: Any) -> bool:
    return is_number(given) and given == int(given)
