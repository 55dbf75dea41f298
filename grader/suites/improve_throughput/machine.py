"""The published machine under a policy, in virtual time: one core, a queue in the order of arrival, a batch at a time.

Nothing here reads a clock or knows what is required.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from grader.suites.improve_throughput.policy import Policy
from mlsd_lib.simulation.scenario import Scenario


@dataclass(frozen=True)
class Record:
    """Of each request, (n,): whether it was `answered` in its deadline, and the seconds until that or its end.

    `busy_s`: what the core worked until the last request had ended, or the story had. `refused` and `timed_out` are
    requests; `rows` are those of all `batches`, whether somebody still waited for them or not.
    """

    answered: np.ndarray
    latency_s: np.ndarray
    busy_s: float
    batches: int
    rows: int
    refused: int
    timed_out: int


class Core:
    """What waits, by number, and the batches that began: when, until when, with how many rows."""

    def __init__(self, policy: Policy, story: Scenario) -> None:
        self.policy, self.story, self.arrived = policy, story, story.arrived.tolist()
        self.wait_s = policy.longest_wait_ms / 1e3
        self.deadline_s = np.inf if policy.deadline_ms is None else policy.deadline_ms / 1e3
        self.queue = deque[int]()
        self.batches: list[tuple[float, float, int]] = []
        self.free_s = self.came_s = 0.0
        self.ended_s = story.arrived + self.deadline_s
        self.answered = np.zeros(len(self.arrived), dtype=bool)
        self.refused = 0

    def take(self, request: int) -> None:
        """A request comes: it waits, or is refused. Who gave up counts as waiting until the core looks at the queue."""
        at_s, most = self.arrived[request], self.policy.queue_limit
        if most is not None and len(self.queue) >= most:
            self.ended_s[request] = at_s
            self.refused += 1
            return
        self.queue.append(request)
        self.came_s = at_s
        self._drop(at_s)

    def work(self, until_s: float) -> None:
        """Begins all batches that begin before `until_s`, if nothing comes till then."""
        while self.queue and self.free_s < until_s:
            begins_s = max(self.free_s, self.came_s)
            self._drop(begins_s)
            if self.queue and len(self.queue) < self.policy.largest_batch:
                begins_s = max(begins_s, self.arrived[self.queue[0]] + self.wait_s)
            if not self.queue or begins_s >= until_s:
                return
            self._begin(begins_s)

    def _drop(self, now_s: float) -> None:
        while self.queue and self.arrived[self.queue[0]] + self.deadline_s <= now_s:
            self.queue.popleft()

    def _begin(self, now_s: float) -> None:
        batch = [self.queue.popleft() for _ in range(min(len(self.queue), self.policy.largest_batch))]
        cost, chances = self.story.cost, self.story.luck.batch
        chance = float(chances[len(self.batches) % len(chances)])
        spread = 1 - cost.spread + cost.spread * chance
        self.free_s = now_s + (cost.fixed_s + cost.row_s * len(batch)) * spread
        self.batches.append((now_s, self.free_s, len(batch)))
        for request in batch:
            if self.free_s < self.ended_s[request]:
                self.answered[request], self.ended_s[request] = True, self.free_s


def simulate(policy: Policy, story: Scenario) -> Record:
    """What becomes of the story's requests under a policy."""
    core = Core(policy, story)
    for request, next_s in enumerate([*core.arrived[1:], np.inf]):
        core.take(request)
        core.work(next_s)
    begin_s, end_s, rows = np.array(core.batches).T
    last_s = min(core.ended_s.max(), story.seconds)
    busy_s = float((np.minimum(end_s, last_s) - np.minimum(begin_s, last_s)).sum())
    late = len(core.arrived) - int(core.answered.sum()) - core.refused
    latency_s = core.ended_s - story.arrived
    return Record(core.answered, latency_s, busy_s, len(rows), int(rows.sum()), core.refused, late)
