"""The readable simulator with a queue a replica and a balancer: what `reference_simulator.py` does not have.

`compiled_engine` must say the same to the last bit.
"""

import math
from collections import deque

from mlsd_lib.simulation.design import Design
from mlsd_lib.simulation.record import Record
from mlsd_lib.simulation.scenario import Failure, Scenario
from tests.mlsd_lib.simulation.reference_simulator import Attempt, State, Station, System


class BalancedStation(Station):
    """A station with a queue a replica, and a balancer that chooses the replica of each attempt."""

    def __init__(self, system: System) -> None:
        super().__init__(system)
        self.queues = [deque[Attempt]() for _ in self.replicas]
        self.ready = [math.nan for _ in self.replicas]  # when the next batch of each may begin, as planned
        self.turn, self.choices = -1, 0
        self.chosen: int | None = None

    def levels(self) -> tuple[float, float, float, float]:
        """As before, over all queues."""
        _, busy, up, paid = super().levels()
        return sum(len(queue) for queue in self.queues), busy, up, paid

    def takes_requests(self, place: int) -> bool:
        """Whether the balancer may choose a replica."""
        return self.replicas[place].state in (State.IDLE, State.BUSY)

    def load(self, place: int) -> int:
        """How many requests a replica has, waiting and in its batch."""
        return len(self.queues[place]) + len(self.replicas[place].batch)

    def choose(self) -> int | None:
        """The replica of the next attempt, by the design's policy; None if none takes requests."""
        ready = [place for place in range(len(self.replicas)) if self.takes_requests(place)]
        policy = self.design.queue.balancing
        if not ready:
            return None
        if policy == "round_robin":
            self.turn = next((place for place in ready if place > self.turn), ready[0])
            return self.turn
        if policy == "least_loaded":
            return min(ready, key=self.load)
        chances = self.scenario.choices
        first, second = chances[self.choices % len(chances)]
        self.choices += 1
        chosen = ready.pop(int(first * len(ready)))
        if policy == "two_choices" and ready:
            rival = ready[int(second * len(ready))]
            return rival if self.load(rival) < self.load(chosen) else chosen
        return chosen

    def full(self) -> bool:
        """Chooses the replica of the next attempt; whether it is refused there."""
        self.chosen, limit = self.choose(), self.design.queue.limit
        return self.chosen is None or (limit is not None and len(self.queues[self.chosen]) >= limit)

    def put(self, attempt: Attempt) -> None:
        """Takes an attempt into the queue that was chosen."""
        assert self.chosen is not None
        self.queues[self.chosen].append(attempt)
        self.dispatch(self.chosen)

    def dispatch(self, place: int = 0) -> None:
        """Begins a batch of one replica's queue if it may begin; else plans the time at which it may."""
        queue, batching = self.queues[place], self.design.batching
        while queue and self._dropped(queue[0]):
            queue.popleft()
        if not queue or self.replicas[place].state is not State.IDLE:
            return
        ready_at = queue[0].sent_s + batching.wait_s
        if len(queue) >= batching.most_rows or self.engine.now >= ready_at:
            self._begin(place)
            self.dispatch(place)
        elif ready_at != self.ready[place]:
            self.ready[place] = ready_at
            self.engine.at(ready_at, self.dispatch, place)

    def _begin(self, idle: int) -> None:
        self.queue = self.queues[idle]
        super()._begin(idle)

    def _finish(self, place: int, epoch: int) -> None:
        replica = self.replicas[place]
        if replica.epoch != epoch:
            return
        batch, replica.batch, replica.state = replica.batch, [], State.IDLE
        for attempt in batch:
            self.system.answer(attempt)
        self.dispatch(place)

    def _up(self, place: int, epoch: int) -> None:
        if self.replicas[place].epoch == epoch:
            self.replicas[place].state = State.IDLE

    def die(self, failure: Failure) -> None:
        super().die(failure)
        self._clear()

    def scale(self) -> None:
        super().scale()
        self._clear()

    def _clear(self) -> None:
        """What waits at a replica that takes no more: lost if it died, else it goes to another."""
        for place, queue in enumerate(self.queues):
            while queue and not self.takes_requests(place):
                attempt = queue.popleft()
                if self.replicas[place].state is State.DOWN:
                    self.system.lose(attempt, "broken")
                elif not self._dropped(attempt):
                    if self.full():
                        self.system.lose(attempt, "refused")
                    else:
                        self.put(attempt)


def simulate(design: Design, scenario: Scenario) -> Record:
    """What happens to the scenario's requests, event by event."""
    system = System(design, scenario)
    if design.queue.balancing != "shared":
        system.station = BalancedStation(system)
    return system.run()
