"""A search over designs: every combination of some entries' values, over seeds, on a pool of processes or on Dask.

The document: `search`, by an entry's dotted name a list of values or a range ({least, most, step}, or {least, most,
values, log}), and `design`, the rest of each design. What is done is kept in a file of runs, and not done again.

JSON, `"schema": "mlsd.simulate.search/1"`: `scenario`, `seeds`, `left_out` (combinations that contradict themselves),
`cheapest` (the place in `designs` of the cheapest that kept the level in every minute of every seed, or null) and
`designs`: `values` by entry, `kept`, `on_front`, and `figures` as in `study`.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, ValidationError

from mlsd.simulate import runs
from mlsd.simulate.document import ServiceDocument, Story
from mlsd.simulate.study import BELOW, COST, GOOD, Runs
from mlsd_lib.simulation import SimulationError
from mlsd_lib.simulation.design import Document
from mlsd_lib.simulation.strict_yaml import StrictYamlError, read_yaml_file

SCHEMA = "mlsd.simulate.search/1"
MOST_DESIGNS, MOST_RUNS = 10_000, 100_000
Number = Annotated[float, Field(allow_inf_nan=False)]


class Range(Document):
    """From `least` to `most` by `step`, or in as many `values`, `log` for equal factors between them."""

    least: int | Number
    most: int | Number
    step: Annotated[int | Number, Field(gt=0)] | None = None
    values: Annotated[int, Field(ge=2, le=1_000)] | None = None
    log: bool = False

    def _contradictions(self) -> Iterator[str]:
        if self.least > self.most:
            yield f"least is {self.least}, above most, {self.most}. Exchange them."
        if self.step and self.values:
            yield "step and values both say how many there are. Keep one."
        if self.log and (self.least <= 0 or not self.values):
            yield "log needs a least above 0, and values. Give both."
        if not self.values and (self.most - self.least) / (self.step or 1) >= 1_000:
            yield "it has more than 1,000 values. Take a larger step."

    def listed(self) -> list[float]:
        """Its values; whole numbers where least, most and step are."""
        if self.values:
            places = np.geomspace if self.log else np.linspace
            found = [float(f"{x:.6g}") for x in places(self.least, self.most, self.values)]
            return found if isinstance(self.least, float) else sorted({round(x) for x in found})
        step = self.step or 1
        return [self.least + k * step for k in range(int((self.most - self.least) / step + 1e-9) + 1)]


class SearchDocument(Document):
    """The whole document."""

    search: dict[str, Any]
    design: dict[str, Any] = Field(default_factory=dict)

    def axes(self) -> dict[str, list[Any]]:
        """The values of each entry."""
        found = {}
        for name, values in self.search.items():
            if isinstance(values, dict):
                values = Range.of(values, f"search.{name}").listed()
            if not isinstance(values, list) or not values:
                raise SimulationError(
                    f"search.{name} is {values!r}; it must be a list of values or a range, {{least, most, step}}. "
                    "Write one."
                )
            found[name] = values
        return found

    def combinations(self) -> "Combinations":
        """Every design of the search; raises `SimulationError` for one whose entries are no design's."""
        axes = self.axes()
        if not axes:
            raise SimulationError("search names no entry; it must give one values. Write one: replicas.count: [1, 2].")
        number = math.prod(len(values) for values in axes.values())
        if number > MOST_DESIGNS:
            raise SimulationError(f"search has {number:,} designs; at most {MOST_DESIGNS:,} are run. Narrow it.")
        found: list[tuple[dict[str, Any], ServiceDocument]] = []
        left_out, why = 0, ""
        for chosen in itertools.product(*axes.values()):
            values = dict(zip(axes, chosen, strict=True))
            plain = deepcopy(self.design)
            for name, value in values.items():
                _put(plain, name, value)
            try:
                found.append((values, ServiceDocument.of(plain, "search")))
            except SimulationError as error:
                if not _contradicts(plain):
                    raise
                left_out, why = left_out + 1, why or str(error).splitlines()[0]
        if not found:
            raise SimulationError(f"No design of the search can be run. {why}")
        return Combinations(found, left_out, why)


@dataclass(frozen=True)
class Combinations:
    """The designs of a search that can be run, each with its values; how many contradict themselves, and the first."""

    designs: list[tuple[dict[str, Any], ServiceDocument]]
    left_out: int
    why: str


def is_search(path: Path) -> bool:
    """Whether a file holds a search; what cannot be read is left to who reads it as a design."""
    try:
        document = read_yaml_file(path)
    except (OSError, UnicodeDecodeError, StrictYamlError):
        return False
    return isinstance(document, dict) and "search" in document


def _put(plain: dict[str, Any], name: str, value: Any) -> None:
    *above, last = name.split(".")
    for part in above:
        if not isinstance(plain.get(part), dict):
            plain[part] = {}
        plain = plain[part]
    plain[last] = value


def _contradicts(plain: dict[str, Any]) -> bool:
    """Whether every entry is valid, and only their combination is not."""
    try:
        ServiceDocument.model_validate(plain)
    except ValidationError:
        return False
    return True


@dataclass(frozen=True, kw_only=True)
class Searched(Runs):
    """A design of a search, by its `values`."""

    values: dict[str, Any]

    @property
    def name(self) -> str:
        """Its values in a few words."""
        return _in_words(self.values)


def run_search(
    designs: Sequence[tuple[dict[str, Any], ServiceDocument]],
    story: Story,
    seeds: Sequence[int],
    kept_in: Path,
    workers: int | None = None,
    scheduler: str | None = None,
) -> list[Searched]:
    """Every design, once a seed; what `kept_in` has already is taken from there, and the rest is added to it.

    `scheduler`: the address of a Dask scheduler, whose workers do the work; else `workers` processes of this machine.
    """
    if len(designs) * len(seeds) > MOST_RUNS:
        raise SimulationError(f"{len(designs) * len(seeds):,} runs; at most {MOST_RUNS:,} are made. Take fewer seeds.")
    salt = runs.salt(story)
    texts = [document.model_dump_json() for _, document in designs]
    keys = {(place, seed): runs.key_of(salt, text, seed) for seed in seeds for place, text in enumerate(texts)}
    found = runs.kept(kept_in)
    tasks = [(key, texts[place], seed) for (place, seed), key in keys.items() if key not in found]
    if tasks:
        found |= runs.computed(tasks, story, kept_in, workers, scheduler)
    return [
        Searched(values=values, runs=tuple(found[keys[place, seed]] for seed in seeds))
        for place, (values, _) in enumerate(designs)
    ]  # fmt: skip


def on_front(found: Sequence[Searched]) -> list[bool]:
    """Of each design whether no other costs no more and answers no fewer in time, and differs in one of both."""
    places = [(design.figures[COST].mean, -design.figures[GOOD].mean) for design in found]
    front, best = dict[tuple[float, float], bool](), math.inf
    for cost, bad in sorted(set(places)):
        front[cost, bad] = bad < best
        best = min(best, bad)
    return [front[place] for place in places]


def named_front(found: Sequence[Searched]) -> dict[str, Searched]:
    """The designs on the front by what they differ in; of several at one place the first, which says so."""
    places: dict[tuple[float, float], list[Searched]] = {}
    for design, best in zip(found, on_front(found), strict=True):
        if best:
            places.setdefault((design.figures[COST].mean, design.figures[GOOD].mean), []).append(design)
    firsts = [alike[0] for alike in places.values()]
    differ = [entry for entry in found[0].values if len({repr(design.values[entry]) for design in firsts}) > 1]
    named = {}
    for first, alike in zip(firsts, places.values(), strict=True):
        entries = {entry: first.values[entry] for entry in differ} or first.values
        named[_in_words(entries) + (f" and {len(alike) - 1} alike" if len(alike) > 1 else "")] = first
    return named


def _in_words(values: dict[str, Any]) -> str:
    return ", ".join(f"{entry.rpartition('.')[2]} {value}" for entry, value in values.items())


def cheapest(found: Sequence[Searched]) -> int | None:
    """The place of the design that costs least of those that kept the level in every minute of every seed."""
    kept = [place for place, design in enumerate(found) if design.kept == 1]
    return min(kept, key=lambda k: (found[k].figures[COST].mean, -found[k].figures[GOOD].mean), default=None)


def verdict(found: Sequence[Searched]) -> str:
    """The cheapest design that kept the level, or the one that was nearest to it."""
    place = cheapest(found)
    if place is not None:
        design = found[place]
        return f"Cheapest that kept the level in every minute of every seed: {design.name}, {design.figures[COST]} EUR."
    near = min(found, key=lambda point: (point.figures[BELOW].mean, point.figures[COST].mean))
    return f"No design kept the level in every minute. Nearest: {near.name}, {near.figures[BELOW]} minutes below it."


def lines(found: Sequence[Searched]) -> list[list[str]]:
    """A table: a line a design, the cheapest first."""
    front = on_front(found)
    order = sorted(range(len(found)), key=lambda place: found[place].figures[COST].mean)
    head = [*found[0].values, COST, GOOD, "p99, ms", "kept in seeds, %", "front"]
    body = [
        [
            *(str(value) for value in found[k].values.values()),
            *(str(found[k].figures[name]) for name in (COST, GOOD, "p99, ms")),
            f"{100 * found[k].kept:.0f}",
            "yes" if front[k] else "",
        ]
        for k in order
    ]
    return [head, *body]


def as_json(found: Sequence[Searched], story: str, seeds: Sequence[int], left_out: int) -> dict[str, Any]:
    """The search by the schema above."""
    designs = [
        {
            "values": design.values,
            "kept": design.kept,
            "on_front": best,
            "figures": {name: value.plain() for name, value in design.figures.items()},
        }
        for design, best in zip(found, on_front(found), strict=True)
    ]
    head = {"schema": SCHEMA, "scenario": story, "seeds": list(seeds), "left_out": left_out}
    return head | {"cheapest": cheapest(found), "designs": designs}
