"""A design with the world that it lives in: what a batch takes, what is promised, what things cost, for how long.

What a document leaves out is as the course's lessons have it; `in_words` names it.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field

from mlsd_lib.simulation import SimulationError
from mlsd_lib.simulation import scenario as stories
from mlsd_lib.simulation.design import Design, Part, Share

Price = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Ms = Annotated[float, Field(ge=0, le=3.6e6, allow_inf_nan=False)]
Point = Annotated[tuple[Annotated[int, Field(ge=1, le=1_024)], Ms], Field(strict=False)]
COST, LEVEL, PRICES = stories.BatchCost(), stories.Level(), stories.Prices()
LONGEST_S = 7 * 86_400.0
OWN_ARRIVALS = ("flash-crowd", "daily-cycle", "excited")


class BatchCost(Part):
    """A batch of n rows takes `fixed_ms` + n `row_ms`, or what `points`, [rows, ms], say; `spread` is its chance."""

    fixed_ms: Ms = 1e3 * COST.fixed_s
    row_ms: Ms = 1e3 * COST.row_s
    points: Annotated[tuple[Point, ...], Field(max_length=100, strict=False)] = ()
    spread: Annotated[float, Field(ge=0, le=1)] = COST.spread

    def in_words(self) -> str:
        """What a batch takes, in words."""
        takes = f"{self.fixed_ms:g} ms + {self.row_ms:g} ms a row"
        if self.points:
            takes = ", ".join(f"{ms:g} ms for {rows}" for rows, ms in self.points) + " rows"
        return f"{takes}, {self.spread:.0%} of it by chance"

    def in_seconds(self) -> stories.BatchCost:
        """As the engine takes it."""
        points = tuple((rows, ms / 1e3) for rows, ms in self.points)
        return stories.BatchCost(self.fixed_ms / 1e3, self.row_ms / 1e3, self.spread, points)


class Level(Part):
    """`share` of each minute's requests get a full answer within `within_ms`."""

    within_ms: Annotated[float, Field(gt=0, le=3.6e6)] = 1e3 * LEVEL.within_s
    share: Share = LEVEL.share


class Prices(Part):
    """EUR for an hour of a machine, of one on spot, and of one item's place in the cache."""

    machine_hour: Price = PRICES.replica_hour
    spot_hour: Price = PRICES.spot_hour
    item_hour: Price = PRICES.item_hour


class Spot(Part):
    """Each spot machine is taken back `per_hour` times an hour, `notice_s` after it was announced."""

    per_hour: Annotated[float, Field(ge=0, le=60)]
    notice_s: Annotated[float, Field(ge=0, le=3_600)] = 30.0


class Keys(Part):
    """What is asked for: `items`, of which item k is asked k^-`exponent` as often; answers change after `change_s`."""

    items: int = Field(default=20_000, ge=1, le=10_000_000)
    exponent: Annotated[float, Field(ge=0, le=5)] = 1.0
    change_s: Annotated[float, Field(gt=0, le=1e9)] = 3_600.0
    hit_ms: Ms = 1.0


class World(Part):
    """What a design cannot choose. `length_s`: None is the length of the scenario, or of the recorded arrivals."""

    batch_cost: BatchCost = BatchCost()
    second_batch_cost: BatchCost = BatchCost()
    level: Level = Level()
    prices: Prices = Prices()
    spot: Spot | None = None
    keys: Keys = Keys()
    length_s: Annotated[float, Field(ge=1, le=LONGEST_S)] | None = None


class Story(NamedTuple):
    """What happens to every design of a call: a scenario's name, its requests a second, or `trace`, recorded ones."""

    name: str = "steady"
    rate: float = 100.0
    trace: Any = None


class ServiceDocument(Design):
    """A design and its `world`."""

    world: World = World()

    def _contradictions(self) -> Iterator[str]:
        yield from super()._contradictions()
        for name, cost in (("batch_cost", self.world.batch_cost), ("second_batch_cost", self.world.second_batch_cost)):
            if cost.points and {"fixed_ms", "row_ms"} & cost.model_fields_set:
                yield f"world.{name} has points and fixed_ms or row_ms. Keep the points, or the two numbers."
            for rule in cost.in_seconds().faults():
                yield f"world.{name} cannot be: {rule}. Correct it."
            if not cost.points and cost.fixed_ms + cost.row_ms == 0:
                yield f"world.{name} is 0 ms for a row; a batch takes some time. Give fixed_ms or row_ms."
        if self.second_stage is None and self.world.second_batch_cost != BatchCost():
            yield "world.second_batch_cost is the cost of a second_stage, which the design lacks. Add or remove one."
        if self.world.spot and not self.replicas.spot:
            yield "world.spot says how spot machines are taken back, but replicas.spot is false. Set it, or remove it."

    def scenario(self, story: Story, seed: int) -> stories.Scenario:
        """The story in this document's world, drawn from `seed`; raises `SimulationError`."""
        world, keys = self.world, self.world.keys
        length = {} if world.length_s is None else {"seconds": world.length_s}
        if story.trace is None:
            drawn = stories.scenario(story.name, seed, rate=story.rate, **length)
        else:
            drawn = _on_trace(story, seed, world.length_s)
        if (keys.items, keys.exponent) != (Keys().items, Keys().exponent):
            rng = np.random.default_rng([seed, 2])
            asked = stories.traces.zipf_keys(rng, len(drawn.arrived), keys.items, keys.exponent)
            drawn = replace(drawn, items=keys.items, keys=asked)
        return replace(
            drawn,
            cost=world.batch_cost.in_seconds(),
            second_cost=world.second_batch_cost.in_seconds(),
            level=stories.Level(world.level.within_ms / 1e3, world.level.share),
            prices=stories.Prices(world.prices.machine_hour, world.prices.spot_hour, world.prices.item_hour),
            change_s=keys.change_s,
            hit_s=keys.hit_ms / 1e3,
            reclaim=stories.Reclaim(world.spot.per_hour, world.spot.notice_s) if world.spot else None,
        )

    def in_words(self) -> str:
        """The world in one paragraph, what the document left out included."""
        world, takes = self.world, self.world.batch_cost.in_words()
        if self.second_stage:
            takes += f"; one of the second stage {self.world.second_batch_cost.in_words()}"
        spot = "never taken back"
        if world.spot:
            spot = f"taken back {world.spot.per_hour:g} times an hour, {world.spot.notice_s:g} s after the notice"
        return (
            f"World: a batch takes {takes}. Level: {world.level.share:.1%} of each "
            f"minute's requests within {world.level.within_ms:g} ms. Prices: {world.prices.machine_hour:g} EUR a "
            f"machine an hour, {world.prices.spot_hour:g} on spot ({spot}), {world.prices.item_hour:g} a cached item. "
            f"Requests ask for {world.keys.items:,} items (Zipf, exponent {world.keys.exponent:g}), whose answers "
            f"change after {world.keys.change_s:g} s in the mean; a hit of the cache takes {world.keys.hit_ms:g} ms."
        )


def _on_trace(story: Story, seed: int, length_s: float | None) -> stories.Scenario:
    """The scenario's events over recorded arrivals."""
    if story.name in OWN_ARRIVALS:
        raise SimulationError(
            f"--arrivals brings recorded requests, and the scenario {story.name} draws its own. Leave one of them out."
        )
    arrived, seconds = story.trace.drawn(seed)
    if length_s is not None:
        if length_s > seconds:
            raise SimulationError(
                f"world.length_s is {length_s:g}, but the recorded arrivals last {seconds:g} s. Give at most that."
            )
        arrived, seconds = arrived[arrived < length_s], length_s
    if not len(arrived):
        raise SimulationError(f"{story.trace.name}: no request arrives in {seconds:g} s. Record more.")
    drawn = stories.scenario(story.name, seed, rate=100 / seconds, seconds=seconds)  # for what happens in it
    rng = np.random.default_rng([seed, 2])
    keys = stories.traces.zipf_keys(rng, len(arrived), Keys().items)
    name = story.trace.name if story.name == "steady" else f"{story.trace.name}, {story.name}"
    return replace(drawn, name=name, arrived=arrived, keys=keys)
