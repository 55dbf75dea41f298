"""A serving system event by event, written to be read: what `compiled` does a hundred times as fast, to the last bit.

An event is a time and what is to be called then; those of one time are called in the order in which they were planned,
after the requests that arrive at that time. Time is virtual: nothing here reads a clock.
"""

import heapq
import math
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

import numpy as np

from mlsd_lib.simulation.design import BURST, Design
from mlsd_lib.simulation.design import Breaker as BreakerDesign
from mlsd_lib.simulation.design import Cache as CacheDesign
from mlsd_lib.simulation.record import BIN_S, SUMS, Ended, Record
from mlsd_lib.simulation.scenario import Failure, Scenario


class Engine:
    """The time `now`, and what is planned for later."""

    def __init__(self) -> None:
        self.now = 0.0
        self._planned: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._count = 0

    def at(self, time: float, call: Callable[..., None], *args: Any) -> None:
        """Plans a call."""
        heapq.heappush(self._planned, (time, self._count, call, args))
        self._count += 1

    def run(
        self, arrived: np.ndarray, arrive: Callable[[int], None], before: Callable[[], None], going: Callable[[], bool]
    ) -> None:
        """While `going()`: `arrive(i)` at each time of `arrived`, and what gets planned, each after `before()`."""
        request = 0
        while going():
            if request < len(arrived) and not (self._planned and self._planned[0][0] < arrived[request]):
                self.now = float(arrived[request])
                before()
                arrive(request)
                request += 1
            else:
                self.now, _, call, args = heapq.heappop(self._planned)
                before()
                call(*args)


class State(Enum):
    """What a replica does: it is not paid, starts, can work, works, or has died."""

    OFF = auto()
    STARTING = auto()
    IDLE = auto()
    BUSY = auto()
    DOWN = auto()


@dataclass
class Attempt:
    """One sending of a request. `waiting`: its client has neither an answer nor given it up. `probe`: of a breaker."""

    request: int
    sent_s: float
    probe: bool
    waiting: bool = True


@dataclass
class Replica:
    """`epoch` changes when it dies or is switched off: what was planned for it before is void."""

    state: State = State.OFF
    epoch: int = 0
    batch: list[Attempt] = field(default_factory=list)


class Timeline:
    """Sums by bins of time. What is counted after the story's end counts to the last bin; levels end with the story."""

    def __init__(self, seconds: float) -> None:
        self.sums = np.zeros((max(1, math.ceil(seconds / BIN_S)), len(SUMS)))
        self.until = 0.0

    def count(self, now: float, name: str, by: float = 1.0) -> None:
        """Adds to a sum of the bin of `now`."""
        self.sums[min(int(now / BIN_S), len(self.sums) - 1), SUMS.index(name)] += by

    def pass_to(self, now: float, levels: tuple[float, float, float, float]) -> None:
        """Adds what `levels` (queue, busy, up, paid) amount to since the last call."""
        at, now = SUMS.index("queue_s"), min(now, len(self.sums) * BIN_S)
        while self.until < now:
            row = int(self.until / BIN_S)
            end = min((row + 1) * BIN_S, now)
            for k, level in enumerate(levels):
                self.sums[row, at + k] += level * (end - self.until)
            self.until = end


class Breaker:
    """Closed, it counts failures; open, it lets nothing through; then only one, the probe, whose end it waits for."""

    def __init__(self, design: BreakerDesign) -> None:
        self.design, self.last, self.open_until, self.probing = design, deque[bool](), -math.inf, False
        self.is_open = False

    def lets_through(self, now: float) -> tuple[bool, bool]:
        """Whether an attempt may be sent, and whether it is the probe."""
        if not self.is_open:
            return True, False
        if self.probing or now < self.open_until:
            return False, False
        self.probing = True
        return True, True

    def note(self, now: float, probe: bool, failed: bool) -> None:
        """What became of an attempt."""
        if self.is_open:
            if probe:
                self.is_open, self.probing, self.open_until = failed, False, now + self.design.open_s
            return
        self.last.append(failed)
        if len(self.last) > self.design.window:
            self.last.popleft()
        if len(self.last) == self.design.window and sum(self.last) >= self.design.failures * self.design.window:
            self.is_open, self.open_until = True, now + self.design.open_s
            self.last.clear()


class Cache:
    """When the answer for an item was made; the item that nobody asked for longest goes first."""

    def __init__(self, design: CacheDesign) -> None:
        self.design, self.made = design, OrderedDict[int, float]()

    def look_up(self, key: int, now: float) -> float | None:
        """How old the answer is, in seconds; None if there is none, or none young enough."""
        if key not in self.made:
            return None
        age = now - self.made[key]
        if age >= self.design.ttl_s:
            del self.made[key]
            return None
        self.made.move_to_end(key)
        return age

    def keep(self, key: int, now: float) -> None:
        """Keeps the answer made now."""
        self.made[key] = now
        self.made.move_to_end(key)
        if len(self.made) > self.design.items:
            self.made.popitem(last=False)


class Station:
    """The server side: a queue, batches, replicas that start, die and are scaled."""

    def __init__(self, system: "System") -> None:
        self.system, self.engine = system, system.engine
        self.design, self.scenario = system.design, system.scenario
        scaler, count = self.design.replicas.autoscaler, self.design.replicas.count
        self.replicas = [Replica() for _ in range(max(count, scaler.most) if scaler else count)]
        for replica in self.replicas[:count]:
            replica.state = State.IDLE
        self.queue = deque[Attempt]()
        self.batches, self.ready_at = 0, math.nan
        self.busy_s = self.up_s = 0.0  # since the autoscaler looked last

    def levels(self) -> tuple[float, float, float, float]:
        """Requests in the queue, replicas busy, up and paid, now."""
        states = [replica.state for replica in self.replicas]
        busy = states.count(State.BUSY)
        return len(self.queue), busy, busy + states.count(State.IDLE), len(states) - states.count(State.OFF)

    def full(self) -> bool:
        """Whether the next attempt is refused."""
        limit = self.design.queue.limit
        return limit is not None and len(self.queue) >= limit

    def put(self, attempt: Attempt) -> None:
        """Takes an attempt into the queue."""
        self.queue.append(attempt)
        self.dispatch()

    def dispatch(self) -> None:
        """Begins as many batches as replicas and the queue allow, and plans the time at which the next may begin."""
        batching, now = self.design.batching, self.engine.now
        while True:
            while self.queue and self._dropped(self.queue[0]):
                self.queue.popleft()
            idle = next((k for k, replica in enumerate(self.replicas) if replica.state is State.IDLE), None)
            if not self.queue or idle is None:
                return
            ready_at = self.queue[0].sent_s + batching.wait_s
            if len(self.queue) < batching.most_rows and now < ready_at:
                if ready_at != self.ready_at:
                    self.ready_at = ready_at
                    self.engine.at(ready_at, self.dispatch)
                return
            self._begin(idle)

    def _dropped(self, attempt: Attempt) -> bool:
        """Whether nobody waits for it any more and the design says not to serve it then."""
        if not self.design.queue.drop_expired:
            return False
        if attempt.waiting and self.system.ended[attempt.request] >= 0:  # another attempt was answered
            self.system.close(attempt, failed=False)
        return not attempt.waiting

    def _begin(self, idle: int) -> None:
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
        takes = (cost.fixed_s + cost.row_s * len(replica.batch)) * factor * (1 - cost.spread + cost.spread * chance)
        replica.state = State.BUSY
        self.system.count("batches")
        self.system.count("rows", len(replica.batch))
        self.engine.at(now + takes, self._finish, idle, replica.epoch)

    def _finish(self, place: int, epoch: int) -> None:
        replica = self.replicas[place]
        if replica.epoch != epoch:
            return
        batch, replica.batch, replica.state = replica.batch, [], State.IDLE
        for attempt in batch:
            self.system.answer(attempt)
        self.dispatch()

    def die(self, failure: Failure) -> None:
        """The first replicas that are up die, and what they work on fails."""
        up = [k for k, replica in enumerate(self.replicas) if replica.state in (State.IDLE, State.BUSY)]
        for place in up[: failure.replicas]:
            replica = self.replicas[place]
            lost, replica.batch, replica.state = replica.batch, [], State.DOWN
            replica.epoch += 1
            self.engine.at(self.engine.now + failure.down_s, self._restart, place, replica.epoch)
            for attempt in lost:
                self.system.lose(attempt, "broken")

    def _restart(self, place: int, epoch: int) -> None:
        if self.replicas[place].epoch == epoch:
            self.replicas[place].state = State.STARTING
            self.engine.at(self.engine.now + self.design.replicas.start_up_s, self._up, place, epoch)

    def _up(self, place: int, epoch: int) -> None:
        if self.replicas[place].epoch == epoch:
            self.replicas[place].state = State.IDLE
            self.dispatch()

    def scale(self) -> None:
        """What the autoscaler does each time that it looks."""
        scaler = self.design.replicas.autoscaler
        assert scaler is not None
        _, _, up, have = self.levels()
        utilisation = self.busy_s / self.up_s if self.up_s > 0 else 1.0
        self.busy_s = self.up_s = 0.0
        wanted = min(max(math.ceil(up * utilisation / scaler.target - 1e-9), scaler.least), scaler.most)
        for place, replica in enumerate(self.replicas):
            if have < wanted and replica.state is State.OFF:
                replica.state = State.STARTING
                self.engine.at(self.engine.now + self.design.replicas.start_up_s, self._up, place, replica.epoch)
                have += 1
        for replica in reversed(self.replicas):
            if have > wanted and replica.state in (State.IDLE, State.STARTING):
                replica.state = State.OFF
                replica.epoch += 1
                have -= 1
        self.engine.at(self.engine.now + scaler.every_s, self.scale)


class System:
    """The clients, each with one request, the cache before the station, and the station."""

    def __init__(self, design: Design, scenario: Scenario) -> None:
        self.design, self.scenario, self.engine = design, scenario, Engine()
        requests = len(scenario.arrived)
        self.ended, self.latency_s = np.full(requests, -1, dtype=np.int8), np.full(requests, np.nan)
        self.open_attempts, self.retries = [0] * requests, [0] * requests
        self.missing, self.retried, self.tokens, self.passed = requests, 0, BURST, 0.0
        self.timeline, self.station = Timeline(scenario.seconds), Station(self)
        self.breaker = Breaker(design.breaker) if design.breaker else None
        self.cache = Cache(design.cache) if design.cache else None
        self.asking: dict[int, int] = {}  # by item, the request whose answer others wait for
        self.followers: dict[int, list[int]] = {}

    def run(self) -> Record:
        """Lives the story until the last request has ended."""
        for failure in self.scenario.failures:
            self.engine.at(failure.at_s, self.station.die, failure)
        if scaler := self.design.replicas.autoscaler:
            self.engine.at(scaler.every_s, self.station.scale)
        self.engine.run(self.scenario.arrived, self.arrive, self._pass, lambda: self.missing > 0)
        return Record(self.ended, self.latency_s, self.timeline.sums)

    def _pass(self) -> None:
        levels, passed = self.station.levels(), self.engine.now - self.passed
        self.station.busy_s += levels[1] * passed
        self.station.up_s += levels[2] * passed
        self.passed = self.engine.now
        self.timeline.pass_to(self.engine.now, levels)

    def count(self, name: str, by: float = 1.0) -> None:
        """Adds to a sum of the timeline, now."""
        self.timeline.count(self.engine.now, name, by)

    def arrive(self, request: int) -> None:
        """A client asks: the cache, who asks for the same already, or the station."""
        if self.cache is not None:
            key = int(self.scenario.keys[request])
            age = self.cache.look_up(key, self.engine.now)
            if age is not None:
                right = age < self.scenario.change_s * self.scenario.luck.change[request]
                self._end(request, Ended.CACHED if right else Ended.STALE, self.scenario.hit_s)
                return
            if self.cache.design.coalesce:
                if key in self.asking:
                    self.followers.setdefault(self.asking[key], []).append(request)
                    return
                self.asking[key] = request
        if self.design.retries.budget is not None:
            self.tokens = min(self.tokens + self.design.retries.budget, BURST)
        self.send(request)
        if self.design.hedge_after_s is not None:
            self.engine.at(self.engine.now + self.design.hedge_after_s, self._hedge, request)

    def send(self, request: int) -> None:
        """One attempt, if the breaker and the queue let it in."""
        probe = False
        if self.breaker is not None:
            through, probe = self.breaker.lets_through(self.engine.now)
            if not through:
                self.count("not_sent")
                self._failed(request)
                return
        self.count("sent")
        if self.station.full():
            self.count("refused")
            if self.breaker is not None:
                self.breaker.note(self.engine.now, probe, failed=True)
            self._failed(request)
            return
        attempt = Attempt(request, self.engine.now, probe)
        self.open_attempts[request] += 1
        self.engine.at(self.engine.now + self.design.timeout_s, self.lose, attempt, "timed_out")
        self.station.put(attempt)

    def _hedge(self, request: int) -> None:
        if self.ended[request] < 0 and self.open_attempts[request] > 0:
            self.count("hedged")
            self.send(request)

    def lose(self, attempt: Attempt, why: str) -> None:
        """An attempt without an answer: it took too long, or its replica died."""
        if attempt.waiting:
            self.close(attempt, failed=True)
            self.count(why)
            self._failed(attempt.request)

    def close(self, attempt: Attempt, failed: bool) -> None:
        """Its client waits for an attempt no longer."""
        attempt.waiting = False
        self.open_attempts[attempt.request] -= 1
        if self.breaker is not None:
            self.breaker.note(self.engine.now, attempt.probe, failed)

    def answer(self, attempt: Attempt) -> None:
        """An answer arrives; somebody may still wait for it."""
        request, waiting = attempt.request, attempt.waiting
        if waiting:
            self.close(attempt, failed=False)
        if not waiting or self.ended[request] >= 0:
            self.count("wasted_rows")
            return
        if self.cache is not None:
            self.cache.keep(int(self.scenario.keys[request]), self.engine.now)
        self._end(request, Ended.ANSWERED, self.engine.now - self.scenario.arrived[request])

    def _failed(self, request: int) -> None:
        """Tries again, if no other attempt is open and the design allows it; else the request ends unanswered."""
        if self.ended[request] >= 0 or self.open_attempts[request] > 0:
            return
        retries, now = self.design.retries, self.engine.now
        if self.retries[request] < retries.most and (retries.budget is None or self.tokens >= 1):
            if retries.budget is not None:
                self.tokens -= 1
            chance = float(self.scenario.luck.backoff[self.retried % len(self.scenario.luck.backoff)])
            self.engine.at(now + retries.backoff_s * 2.0 ** self.retries[request] * (0.5 + chance), self.send, request)
            self.retries[request] += 1
            self.retried += 1
            self.count("retried")
            return
        how = Ended.FALLBACK if self.design.fallback else Ended.FAILED
        self._end(request, how, now - self.scenario.arrived[request])

    def _end(self, request: int, how: Ended, latency_s: float) -> None:
        self.ended[request], self.latency_s[request] = how, latency_s
        self.missing -= 1
        key = int(self.scenario.keys[request])
        if self.asking.get(key) == request:
            del self.asking[key]
            for other in self.followers.pop(request, []):
                self._end(other, how, self.engine.now - self.scenario.arrived[other])


def simulate(design: Design, scenario: Scenario) -> Record:
    """What happens to the scenario's requests under a design, event by event. Slow, and meant to be read."""
    return System(design, scenario).run()
