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
COST, LEVEL, PRICES = stories.BatchCost(), stories.Level(), stories.Prices()
LONGEST_S = 7 * 86_400.0
OWN_ARRIVALS = ("flash-crowd", "daily-cycle")


class BatchCost(Part):
    """A batch of n rows takes `fixed_ms` + n `row_ms`; of that the share `spread` is chance."""

    fixed_ms: Ms = 1e3 * COST.fixed_s
    row_ms: Ms = 1e3 * COST.row_s
    spread: Annotated[float, Field(ge=0, le=1)] = COST.spread

    def in_words(self) -> str:
        """What a batch takes, in words."""
        return f"{self.fixed_ms:g} ms + {self.row_ms:g} ms a row, {self.spread:.0%} of it by chance"

    def in_seconds(self) -> stories.BatchCost:
        """As the engine takes it."""
        return stories.BatchCost(self.fixed_ms / 1e3, self.row_ms / 1e3, self.spread)


class Level(Part):
    """`share` of each minute's requests get a full answer within `within_ms`."""

    within_ms: Annotated[float, Field(gt=0, le=3.6e6)] = 1e3 * LEVEL.within_s
    share: Share = LEVEL.share


class Prices(Part):
    """EUR for an hour of a machine, of one on spot, and of one item's place in the cache."""

    machine_hour: Price = PRICES.replica_hour
    spot_hour: Price = PRICES.spot_hour
    item_hour: Price = PRICES.item_hour


class Keys(Part):
    """What is asked for: `items`, of which item k is asked k^-`exponent` as often; answers change after `change_s`."""

    items: int = Field(default=20_000, ge=1, le=10_000_000)
    exponent: Annotated[float, Field(ge=0, le=5)] = 1.0
    change_s: Annotated[float, Field(gt=0, le=1e9)] = 3_600.0
    hit_ms: Ms = 1.0


class World(Part):
    """What a design cannot choose. `length_s`: None is the length of the scenario, or of the recorded arrivals."""

    batch_cost: BatchCost = BatchCost()
    level: Level = Level()
    prices: Prices = Prices()
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
        if self.world.batch_cost.fixed_ms + self.world.batch_cost.row_ms == 0:
            yield "world.batch_cost is 0 ms for a row; a batch takes some time. Give fixed_ms or row_ms."

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
            level=stories.Level(world.level.within_ms / 1e3, world.level.share),
            prices=stories.Prices(world.prices.machine_hour, world.prices.spot_hour, world.prices.item_hour),
            change_s=keys.change_s,
            hit_s=keys.hit_ms / 1e3,
        )

    def in_words(self) -> str:
        """The world in one paragraph, what the document left out included."""
        world, takes = self.world, self.world.batch_cost.in_words()
        return (
            f"World: a batch takes {takes}. Level: {world.level.share:.1%} of each "
            f"minute's requests within {world.level.within_ms:g} ms. Prices: {world.prices.machine_hour:g} EUR a "
            f"machine an hour, {world.prices.spot_hour:g} on spot, {world.prices.item_hour:g} a cached item. "
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
    return replace(drawn, name=name, arrived=arrived, keys=keys, steady=False)
