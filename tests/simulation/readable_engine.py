"""The readable simulator with a world's further facts: batches as measured, spot machines that are taken back.

`compiled` must say the same to the last bit. What is not here is that of `reference_simulator.py`.
"""

from grader.suites.improve_throughput.reference_simulator import State, Station, System
from mlsd_lib.simulation.design import Design
from mlsd_lib.simulation.record import Record
from mlsd_lib.simulation.scenario import Scenario


class SpotStation(Station):
    """A station whose machines can be taken back: those in `leaving` finish their batch and take no other."""

    def __init__(self, system: System) -> None:
        super().__init__(system)
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

    def die(self, failure) -> None:
        super().die(failure)
        self.leaving -= {place for place in self.leaving if self.replicas[place].state is State.DOWN}

    def _begin(self, idle: int) -> None:
        """As the station does, with the seconds of a batch as measured."""
        replica, cost, now = self.replicas[idle], self.scenario.cost, self.engine.now
        while self.queue and len(replica.batch) < self.design.batching.most_rows:
            attempt = self.queue.popleft()
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


class SpotSystem(System):
    """A system on such a station."""

    def __init__(self, design: Design, scenario: Scenario) -> None:
        super().__init__(design, scenario)
        self.station: SpotStation = SpotStation(self)

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
