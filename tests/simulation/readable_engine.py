"""The readable simulator with further parts: measured batches, spot machines, balancing, priorities, a second stage.

`compiled` must say the same to the last bit. What is not here is that of `reference_simulator.py`.
"""

import math
from collections import deque
from collections.abc import Callable

import numpy as np

from grader.suites.improve_throughput.reference_simulator import Attempt, State, Station, System
from mlsd_lib.simulation.design import Design, SecondStage
from mlsd_lib.simulation.record import BIN_S, SUMS, Record
from mlsd_lib.simulation.scenario import Failure, Scenario


class Classes:
    """A queue of two classes, of which the first is served before the other; without a priority all are of one."""

    def __init__(self, station: Station) -> None:
        priority, scenario = station.design.queue.priority, station.scenario
        self.first = scenario.first_class(priority.share) if priority else np.ones(len(scenario.arrived), dtype=bool)
        self.lines = (deque[Attempt](), deque[Attempt]())

    def __len__(self) -> int:
        return sum(map(len, self.lines))

    def append(self, attempt: Attempt) -> None:
        """Behind the others of its class."""
        self.lines[0 if self.first[attempt.request] else 1].append(attempt)

    def popleft(self) -> Attempt:
        """The one that is served next."""
        return next(line for line in self.lines if line).popleft()

    def drop(self, dropped: Callable[[Attempt], bool]) -> None:
        """Takes out whom nobody serves any more, at the head of each class."""
        for line in self.lines:
            while line and dropped(line[0]):
                line.popleft()

    def oldest_s(self) -> float:
        """When the first of those that wait was sent, of whatever class."""
        return min(line[0].sent_s for line in self.lines if line)


class SpotStation(Station):
    """A station whose machines can be taken back: those in `leaving` finish their batch and take no other."""

    def __init__(self, system: System) -> None:
        super().__init__(system)
        self.queue: Classes = Classes(self)
        self.leaving: set[int] = set()
        spot = self.design.replicas.spot and self.scenario.reclaim is not None
        self.events = self.scenario.reclaims(len(self.replicas)) if spot else []

    def plan_reclaim(self, event: int) -> None:
        """Plans one of the world's events."""
        if event < len(self.events):
            self.engine.at(float(self.events[event][0]), self.reclaim, event)

    def reclaim(self, event: int) -> None:
        """The provider wants a machine back, and says so `notice_s` before it goes."""
        self.plan_reclaim(event + 1)
        place = int(self.events[event][1])
        replica = self.replicas[place]
        if replica.state in (State.IDLE, State.STARTING):
            self._replace(place)
        elif replica.state is State.BUSY and place not in self.leaving:
            self.leaving.add(place)
            notice_s = self.scenario.reclaim.notice_s
            self.engine.at(self.engine.now + notice_s, self._leave, place, replica.epoch)

    def _replace(self, place: int) -> None:
        """Another machine starts in this one's place."""
        replica = self.replicas[place]
        self.leaving.discard(place)
        replica.state = State.STARTING
        replica.epoch += 1
        self.engine.at(self.engine.now + self.design.replicas.start_up_s, self._up, place, replica.epoch)

    def _leave(self, place: int, epoch: int) -> None:
        """The notice is over: what the machine still works on fails."""
        replica = self.replicas[place]
        if replica.epoch == epoch:
            lost, replica.batch = replica.batch, []
            self._replace(place)
            for attempt in lost:
                self.system.lose(attempt, "broken")

    def _finish(self, place: int, epoch: int) -> None:
        replica = self.replicas[place]
        if place not in self.leaving or replica.epoch != epoch:
            super()._finish(place, epoch)
            return
        batch, replica.batch = replica.batch, []
        self._replace(place)
        for attempt in batch:
            self.system.answer(attempt)
        self.dispatch()

    def die(self, failure: Failure) -> None:
        super().die(failure)
        self.leaving -= {place for place in self.leaving if self.replicas[place].state is State.DOWN}

    def _queue_of(self, place: int) -> Classes:
        """The queue that a replica takes its rows from."""
        return self.queue

    def dispatch(self) -> None:
        """As the station does, of two classes."""
        batching, now = self.design.batching, self.engine.now
        while True:
            self.queue.drop(self._dropped)
            idle = next((k for k, replica in enumerate(self.replicas) if replica.state is State.IDLE), None)
            if not self.queue or idle is None:
                return
            ready_at = self.queue.oldest_s() + batching.wait_s
            if len(self.queue) < batching.most_rows and now < ready_at:
                if ready_at != self.ready_at:
                    self.ready_at = ready_at
                    self.engine.at(ready_at, self.dispatch)
                return
            self._begin(idle)

    def _begin(self, idle: int) -> None:
        """As the station does, with the seconds of a batch as measured."""
        replica, cost, now = self.replicas[idle], self.scenario.cost, self.engine.now
        queue = self._queue_of(idle)
        while queue and len(replica.batch) < self.design.batching.most_rows:
            attempt = queue.popleft()
            if not self._dropped(attempt):
                replica.batch.append(attempt)
        factor = 1.0
        for slow in self.scenario.slow:
            if slow.start_s <= now < slow.end_s:
                factor *= slow.factor
        chance = float(self.scenario.luck.batch[self.batches % len(self.scenario.luck.batch)])
        self.batches += 1
        takes = float(cost.seconds(len(replica.batch))) * factor * (1 - cost.spread + cost.spread * chance)
        replica.state = State.BUSY
        self.system.count("batches")
        self.system.count("rows", len(replica.batch))
        self.engine.at(now + takes, self._finish, idle, replica.epoch)


class BalancedStation(SpotStation):
    """A station with a queue a replica, and a balancer that chooses the replica of each attempt."""

    def __init__(self, system: System) -> None:
        super().__init__(system)
        self.queues = [Classes(self) for _ in self.replicas]
        self.ready = [math.nan for _ in self.replicas]  # when the next batch of each may begin, as planned
        self.turn, self.choices = -1, 0
        self.chosen: int | None = None

    def levels(self) -> tuple[float, float, float, float]:
        """As before, over all queues."""
        _, busy, up, paid = super().levels()
        return sum(len(queue) for queue in self.queues), busy, up, paid

    def _queue_of(self, place: int) -> Classes:
        return self.queues[place]

    def takes_requests(self, place: int) -> bool:
        """Whether the balancer may choose a replica: it is up and was not told to leave."""
        return self.replicas[place].state in (State.IDLE, State.BUSY) and place not in self.leaving

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
        queue.drop(self._dropped)
        if not queue or self.replicas[place].state is not State.IDLE:
            return
        ready_at = queue.oldest_s() + batching.wait_s
        if len(queue) >= batching.most_rows or self.engine.now >= ready_at:
            self._begin(place)
            self.dispatch(place)
        elif ready_at != self.ready[place]:
            self.ready[place] = ready_at
            self.engine.at(ready_at, self.dispatch, place)

    def _finish(self, place: int, epoch: int) -> None:
        replica = self.replicas[place]
        if replica.epoch != epoch:
            return
        batch, replica.batch = replica.batch, []
        if place in self.leaving:
            self._replace(place)
        else:
            replica.state = State.IDLE
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

    def reclaim(self, event: int) -> None:
        super().reclaim(event)
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


class Second:
    """The stage behind the station: a queue and replicas that are all alike, neither scaled nor taken back."""

    def __init__(self, system: "SpotSystem", design: SecondStage) -> None:
        self.system, self.engine, self.design = system, system.engine, design
        self.queue, self.came = Classes(system.station), dict[int, float]()  # by attempt, when it came
        self.busy, self.batches, self.ready_at = 0, 0, math.nan

    def put(self, attempt: Attempt) -> None:
        """Takes an attempt that the station is done with into the queue, or refuses it."""
        if self.design.queue.limit is not None and len(self.queue) >= self.design.queue.limit:
            self.system.count("wasted_rows")
            self.system.lose(attempt, "refused")
            return
        self.came[id(attempt)] = self.engine.now
        self.queue.append(attempt)
        self.dispatch()

    def dropped(self, attempt: Attempt) -> bool:
        """Whether it is not served any more, so that the station worked for nobody."""
        dropped = self.design.queue.drop_expired and self.system.unwanted(attempt)
        if dropped:
            self.system.count("wasted_rows")
        return dropped

    def dispatch(self) -> None:
        """Begins as many batches as may begin, and plans the time at which the next may."""
        batching, now = self.design.batching, self.engine.now
        while True:
            self.queue.drop(self.dropped)
            if not self.queue or self.busy == self.design.count:
                return
            ready_at = min(self.came[id(line[0])] for line in self.queue.lines if line) + batching.wait_s
            if len(self.queue) < batching.most_rows and now < ready_at:
                if ready_at != self.ready_at:
                    self.ready_at = ready_at
                    self.engine.at(ready_at, self.dispatch)
                return
            self._begin()

    def _begin(self) -> None:
        batch: list[Attempt] = []
        while self.queue and len(batch) < self.design.batching.most_rows:
            attempt = self.queue.popleft()
            if not self.dropped(attempt):
                batch.append(attempt)
        cost, luck = self.system.scenario.second_cost, self.system.scenario.second_luck
        chance = float(luck[self.batches % len(luck)])
        self.batches += 1
        self.busy += 1
        takes = float(cost.seconds(len(batch))) * (1 - cost.spread + cost.spread * chance)
        self.engine.at(self.engine.now + takes, self._finish, batch)

    def _finish(self, batch: list[Attempt]) -> None:
        self.busy -= 1
        for attempt in batch:
            self.system.answer_caller(attempt)
        self.dispatch()


class SpotSystem(System):
    """A system on one of these stations, with or without a second stage behind it."""

    second: Second | None = None

    def __init__(self, design: Design, scenario: Scenario) -> None:
        super().__init__(design, scenario)
        shared = design.queue.balancing == "shared"
        self.station: SpotStation = SpotStation(self) if shared else BalancedStation(self)
        if design.second_stage is not None:
            self.second = Second(self, design.second_stage)

    def unwanted(self, attempt: Attempt) -> bool:
        """Whether nobody waits for an attempt; one whose request was answered by another is closed."""
        if attempt.waiting and self.ended[attempt.request] >= 0:
            self.close(attempt, failed=False)
        return not attempt.waiting

    def answer(self, attempt: Attempt) -> None:
        """The station is done with an attempt."""
        if self.second is None:
            self.answer_caller(attempt)
        else:
            self.second.put(attempt)

    def answer_caller(self, attempt: Attempt) -> None:
        """The last stage is done with an attempt."""
        super().answer(attempt)

    def _pass(self) -> None:
        before = self.timeline.until
        super()._pass()
        if self.second is not None:
            self._pass_second(before, min(self.engine.now, len(self.timeline.sums) * BIN_S))

    def _pass_second(self, since: float, now: float) -> None:
        assert self.second is not None
        at = SUMS.index("second_queue_s")
        while since < now:
            row = int(since / BIN_S)
            end = min((row + 1) * BIN_S, now)
            self.timeline.sums[row, at] += len(self.second.queue) * (end - since)
            self.timeline.sums[row, at + 1] += self.second.busy * (end - since)
            since = end

    def run(self) -> Record:
        """Lives the story; the first event of the world is planned after the failures and the autoscaler's look."""
        for failure in self.scenario.failures:
            self.engine.at(failure.at_s, self.station.die, failure)
        if scaler := self.design.replicas.autoscaler:
            self.engine.at(scaler.every_s, self.station.scale)
        self.station.plan_reclaim(0)
        self.engine.run(self.scenario.arrived, self.arrive, self._pass, lambda: self.missing > 0)
        return Record(self.ended, self.latency_s, self.timeline.sums)


def simulate(design: Design, scenario: Scenario) -> Record:
    """What happens to the scenario's requests, event by event."""
    return SpotSystem(design, scenario).run()
