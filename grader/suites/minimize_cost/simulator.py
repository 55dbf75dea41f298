"""A day in virtual time: what a policy wants, what is up, what is served, what it costs. No clock, no criterion."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from grader.suite_kit.comparison import is_number
from grader.suite_kit.designs import FailureReason
from grader.suite_kit.policies import Refused, came
from grader.suites.minimize_cost.cases import EXERCISE
from grader.suites.minimize_cost.world import FAMILIES, HOURS_A_STEP, STEP_MIN, Day, Offer

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

KINDS = ("on_demand", "spot")
MOST = int(EXERCISE.limit("machines"))
SEEN = 12
MATTERS = 0.01
HOUR_STEPS = 60 // STEP_MIN
TAKEN = "spot machines were taken back, and what replaces them was not up yet"
NOT_OFFERED = "spot machines were wanted while none was offered"
STOPPED = "machines were stopped within the hour before, and the load came back"
LATE = "the load rose, and what was ordered for it was still starting"
TOO_FEW = "fewer machines were wanted than the load needs"


@dataclass
class Fleet:
    """Machines of one kind: `up`, and those that start, by the steps that are left to them."""

    starting: list[int]
    up: int = 0

    @property
    def paid(self) -> int:
        return self.up + sum(self.starting)

    def become(self, wanted: int, offered: bool = True) -> None:
        """Orders what is missing, if it is offered; stops what is too much at once, those that start first."""
        missing = wanted - self.paid
        if missing > 0 and offered:
            self.starting[-1] += missing
        too_many = max(-missing, 0)
        for place in reversed(range(len(self.starting) if too_many else 0)):
            fewer = min(self.starting[place], too_many)
            self.starting[place] -= fewer
            too_many -= fewer
        self.up -= too_many

    def pass_step(self) -> None:
        """What has started is up from the next step on."""
        self.up += self.starting.pop(0)
        self.starting.append(0)


@dataclass(frozen=True)
class Step:
    """What happened in five minutes: machines up by kind, those that were starting, taken back, the loads a second."""

    load: int
    reserved: int
    on_demand: int
    spot: int
    starting: int
    taken: int
    short_of_spot: int
    capacity: int

    @property
    def dropped(self) -> int:
        return max(self.load - self.capacity, 0)


@dataclass
class Run:
    """A day under a policy: its steps, and what each kind of machine cost in EUR."""

    day: Day
    offer: Offer
    steps: list[Step] = field(default_factory=list)
    cost: dict[str, float] = field(default_factory=dict)

    @property
    def level(self) -> float:
        """The share of the day's requests that were served."""
        return 1 - sum(step.dropped for step in self.steps) / sum(step.load for step in self.steps)

    @property
    def idle(self) -> float:
        """The capacity above the load, as a share of the load, over the day."""
        spare = sum(max(step.capacity - step.load, 0) for step in self.steps)
        return spare / sum(step.load for step in self.steps)

    def moment(self) -> FailureReason | None:
        """The cause to which most of the dropped requests are due, and when it began; None where nothing was lost."""
        lost, first = Counter[str](), dict[str, int]()
        for place, now in enumerate(self.steps):
            if now.dropped > MATTERS * now.load:
                cause = self._cause(place)
                lost[cause] += now.dropped
                first.setdefault(cause, place)
        if not lost:
            return None
        cause = lost.most_common(1)[0][0]
        place = max(range(first[cause], min(first[cause] + 4, len(self.steps))), key=lambda at: self.steps[at].dropped)
        now = self.steps[place]
        share = lost[cause] / sum(step.dropped for step in self.steps)
        detail = (
            f"There were {now.load:,} requests a second for a capacity of {now.capacity:,} ({now.reserved} reserved, "
            f"{now.on_demand} on demand, {now.spot} spot; {now.starting} starting). {share:.0%} of the day's lost "
            "requests have this cause."
        )
        return FailureReason(_clock(place), cause, detail)

    def _cause(self, place: int) -> str:
        now, start_up = self.steps[place], int(self.offer["start_up_min"]) // STEP_MIN
        missing = math.ceil(now.dropped / self.offer["machine_per_s"])
        before = self.steps[max(place - start_up - 1, 0) : place + 1]
        if 2 * sum(step.taken for step in before) >= missing:
            return TAKEN
        if 2 * now.short_of_spot >= missing:
            return NOT_OFFERED
        hour = [step.capacity for step in self.steps[max(place - HOUR_STEPS, 0) : place]]
        if hour and max(hour) >= now.load:
            return STOPPED
        return LATE if 2 * now.starting >= missing else TOO_FEW

    def table(self) -> "pd.DataFrame":
        """A row a step."""
        import pandas as pd

        rows = [vars(step) | {"dropped": step.dropped} for step in self.steps]
        return pd.DataFrame(rows, index=pd.Index([_clock(place) for place in range(len(rows))], name="time"))

    def plot(self) -> "Figure":
        """The load and the capacity over the day, and the machines by kind."""
        from mlsd_lib.lesson import plotting

        table = {name: column.to_numpy() for name, column in self.table().items()}
        hours = [place * HOURS_A_STEP for place in range(len(self.steps))]
        axes = plotting.panels(rows=2, size=(8, 6), share="x")
        title = f"{FAMILIES[self.day['family']].title}: {self.level:.2%} served".capitalize()
        loads = {"load": table["load"], "capacity": table["capacity"]}
        plotting.lines(loads, title, "", "a second", at=hours, ax=axes[0])
        kinds = {name.replace("_", " "): table[name] for name in ("reserved", *KINDS)}
        plotting.lines(kinds, "Machines that are up", "hour of the day", "machines", at=hours, ax=axes[1])
        return cast("Figure", axes[0].figure)


def simulate(decide: Callable[[dict[str, Any]], Any], offer: Offer, day: Day, reserved: int) -> Run:
    """The day under `decide`, asked before each step. Raises `Refused`, and what `decide` raises."""
    start_up = int(offer["start_up_min"]) // STEP_MIN
    fleet = {kind: Fleet([0] * start_up) for kind in KINDS}
    load, run, taken = day["load"], Run(day, offer), 0
    fleet["on_demand"].up = max(math.ceil(1.1 * load[0] / offer["machine_per_s"] - 1e-9) - reserved, 0)
    cost = dict.fromkeys(KINDS, 0.0)
    for place in range(len(load)):
        seen = [load[0]] * max(SEEN - place, 0) + load[max(place - SEEN, 0) : place]
        wanted = _wanted(decide(_observation(place, seen, fleet, reserved, taken, day, offer)))
        spot = min(wanted["spot"], offer["spot_most"])
        fleet["on_demand"].become(wanted["on_demand"])
        fleet["spot"].become(spot, day["offered"][place])
        taken = math.ceil(day["taken"][place] * fleet["spot"].up - 1e-9)
        fleet["spot"].up -= taken
        up = {kind: fleet[kind].up for kind in KINDS}
        capacity = (reserved + sum(up.values())) * offer["machine_per_s"]
        starting, short = (
            sum(sum(machines.starting) for machines in fleet.values()),
            max(spot - taken - fleet["spot"].paid, 0),
        )
        run.steps.append(
            Step(load[place], reserved, **up, starting=starting, taken=taken, short_of_spot=short, capacity=capacity)
        )
        for kind in KINDS:
            cost[kind] += fleet[kind].paid * offer[f"{kind}_hour"] * HOURS_A_STEP
            fleet[kind].pass_step()
    run.cost = {"reserved": reserved * offer["reserved_hour"] * HOURS_A_STEP * len(load), **cost}
    return run


def storage_cost(offer: Offer, loads: list[int], cache_gb: int, days: int) -> dict[str, float]:
    """EUR for a cache of `cache_gb` over some days, and for what leaves the storage because it is not cached."""
    gb = sum(loads) * STEP_MIN * 60 * offer["answer_mb"] / 1_000
    hits = next(share for size, share in offer["cache_hits"] if size == cache_gb)
    return {"cache": cache_gb * offer["cache_gb_day"] * days, "egress": gb * (1 - hits) * offer["egress_gb"]}


def committed(given: Any, offer: Offer) -> tuple[int, int]:
    """The number of reserved machines and the cache in GB that a policy commits to. Raises `Refused`."""
    sizes = [size for size, _ in offer["cache_hits"]]
    _keys(given, ("reserved", "cache_gb"), "commit")
    reserved = _machines(given["reserved"], "reserved", "commit")
    if not is_number(given["cache_gb"]) or given["cache_gb"] not in sizes:
        offered = ", ".join(map(str, sizes))
        raise Refused(f"commit gave cache_gb = {given['cache_gb']!r:.40}; it must be one of {offered}. Choose one.")
    return reserved, int(given["cache_gb"])


def _wanted(given: Any) -> dict[str, int]:
    _keys(given, KINDS, "decide")
    return {kind: _machines(given[kind], kind, "decide") for kind in KINDS}


def _keys(given: Any, keys: tuple[str, ...], method: str) -> None:
    if isinstance(given, dict) and given.keys() == {*keys}:
        return
    form = "{" + ", ".join(f'"{key}": number' for key in keys) + "}"
    if not isinstance(given, dict):
        said = came(given)
        raise Refused(f"{method} gave {said}; it must return {form}.")
    for key in (*keys, *given):
        if key not in given:
            raise Refused(f"{method} gave no {key!r}; it must return {form}. Add it.")
        if key not in keys:
            raise Refused(f"{method} gave {key!r:.40}, which is no kind; it must return {form}. Remove it.")


def _machines(given: Any, kind: str, method: str) -> int:
    if not is_number(given) or given != int(given) or not 0 <= given <= MOST:
        rule = f"a whole number from 0 to {MOST}"
        raise Refused(f"{method} gave {kind} = {given!r:.40}; it must be {rule}. Round it up, and no lower than 0.")
    return int(given)


def _observation(
    place: int, seen: list[int], fleet: dict[str, Fleet], reserved: int, taken: int, day: Day, offer: Offer
) -> dict[str, Any]:
    return {
        "minute": place * STEP_MIN,
        "load": seen,
        "up": {"reserved": reserved, **{kind: machines.up for kind, machines in fleet.items()}},
        "starting": {kind: sum(machines.starting) for kind, machines in fleet.items()},
        "taken": taken,
        "spot_offered": place == 0 or day["offered"][place - 1],
    }


def _clock(place: int) -> str:
    return f"{place * STEP_MIN // 60:02}:{place * STEP_MIN % 60:02}"
