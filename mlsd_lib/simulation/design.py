"""A serving system as a document: typed, checked for contradictions, the same as YAML, two of them compared as a table.

Every entry has a unit in its name. What is left out is off: no batching, no retries, no cache, no autoscaler.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlsd_lib.simulation.errors import SimulationError
from mlsd_lib.simulation.strict_yaml import StrictYamlError, read_yaml_file

if TYPE_CHECKING:
    import pandas as pd

Seconds = Annotated[float, Field(ge=0, le=86_400)]
Share = Annotated[float, Field(gt=0, le=1)]


class Part(BaseModel):
    """A part of a document: unknown entries are refused, nothing is converted, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def listed(given: Any) -> Any:
    """A list as the tuple that a document keeps; what else can be gone through, once as a generator, is refused."""
    return tuple(given) if isinstance(given, list) else given


class Document(Part):
    """A whole document; a type of it says in `_contradictions` what its entries cannot mean together."""

    @classmethod
    def of(cls, document: Any, name: str = "the design") -> Self:
        """The design that a plain document states, of dicts and numbers.

        Raises `SimulationError`, which says what to change.
        """
        if not isinstance(document, dict):
            raise SimulationError(
                f"{name} is {_shown(document)}; it must be a mapping of {', '.join(cls.model_fields)}. Write one."
            )
        try:
            design = cls.model_validate(document)
        except ValidationError as error:
            raise SimulationError("\n".join(f"{name}: {line}" for line in _lines(error, cls))) from None
        if wrong := design.contradictions():
            raise SimulationError("\n".join(f"{name}: {line}" for line in wrong))
        return design

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The design in a YAML file; raises `SimulationError`."""
        try:
            document = read_yaml_file(Path(path))
        except (OSError, UnicodeDecodeError, StrictYamlError) as error:
            raise SimulationError(f"{path} cannot be read: {' '.join(str(error).split())}. Give a YAML file.") from None
        return cls.of(document, str(path))

    def to_yaml(self) -> str:
        """The document, of which `of` makes an equal design again; what is as by default is left out."""
        return yaml.safe_dump(self.model_dump(exclude_defaults=True), sort_keys=False)

    def contradictions(self) -> list[str]:
        """What cannot be meant, each with what to change; empty for a design that can be run."""
        return list(self._contradictions())

    def _contradictions(self) -> Iterator[str]:
        yield from ()

    def compared(self, other: Self) -> "pd.DataFrame":
        """What differs between two designs: a row an entry, the columns `this` and `other`."""
        import pandas as pd

        ours, theirs = (dict(_flat(document.model_dump())) for document in (self, other))
        names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
        rows = {name: [ours.get(name), theirs.get(name)] for name in names}
        return pd.DataFrame.from_dict(rows, orient="index", columns=["this", "other"], dtype=object).rename_axis(
            "entry"
        )


class Autoscaler(Part):
    """Every `every_s` as many replicas as bring utilisation to `target`, between `least` and `most`."""

    least: int = Field(ge=1, le=500)
    most: int = Field(ge=1, le=500)
    target: Share = 0.6
    every_s: float = Field(default=30.0, ge=1, le=3_600)


class Replicas(Part):
    """`count` replicas at the start; a new one is paid once asked for, and answers `start_up_s` later."""

    count: int = Field(default=1, ge=1, le=500)
    start_up_s: Seconds = 60.0
    autoscaler: Autoscaler | None = None
    spot: bool = False


class Batching(Part):
    """An idle replica takes up to `most_rows` requests, once there are so many or the oldest has waited `wait_s`."""

    most_rows: int = Field(default=1, ge=1, le=1_024)
    wait_s: Annotated[float, Field(ge=0, le=10)] = 0.0


Balancing = Literal["shared", "random", "round_robin", "least_loaded", "two_choices"]


class Queue(Part):
    """At most `limit` requests wait in a queue, others are refused at once; None is without a limit.

    `drop_expired`: whoever gave up is not served any more. `balancing`: `shared` is one queue for all replicas; else
    each replica has its own, and a request goes to a `random` one, to the next (`round_robin`), to the one with the
    fewest requests (`least_loaded`), or to the less loaded of two random ones (`two_choices`). Where no replica is up
    it is refused; what waits at a replica that dies is lost, at one that is switched off it goes to others.
    """

    limit: Annotated[int, Field(ge=1)] | None = None
    drop_expired: bool = False
    balancing: Balancing = "shared"


BURST = 10.0
"""How many unused retries a budget can save up."""


class Retries(Part):
    """After a failure at most `most` further attempts, `backoff_s` later, then twice that, and so on, varied by chance.

    `budget`: retries per first attempt that all clients together may send; None is as many as they like.
    """

    most: int = Field(default=0, ge=0, le=10)
    backoff_s: Annotated[float, Field(ge=0, le=60)] = 0.0
    budget: Annotated[float, Field(ge=0, le=10)] | None = None


class Breaker(Part):
    """Clients stop sending for `open_s` once `failures` of the last `window` attempts failed; then one tries."""

    failures: Share = 0.5
    window: int = Field(default=50, ge=1, le=10_000)
    open_s: float = Field(default=5.0, gt=0, le=3_600)


class Cache(Part):
    """The last `items` answers asked for are kept for `ttl_s`.

    `coalesce`: who asks for what is on its way already waits for that.
    """

    items: int = Field(ge=1, le=1_000_000_000)
    ttl_s: float = Field(ge=0.001, le=864_000)
    coalesce: bool = False


class Design(Document):
    """The whole document. A client gives an attempt up after `timeout_s`, and sends another after `hedge_after_s`.

    `fallback`: whoever gets no answer shows a simpler one, which is worth less.
    """

    replicas: Replicas = Replicas()
    batching: Batching = Batching()
    queue: Queue = Queue()
    timeout_s: float = Field(default=1.0, gt=0, le=600)
    retries: Retries = Retries()
    hedge_after_s: Annotated[float, Field(gt=0, le=600)] | None = None
    breaker: Breaker | None = None
    cache: Cache | None = None
    fallback: bool = False

    def _contradictions(self) -> Iterator[str]:
        scaler = self.replicas.autoscaler
        if scaler is not None:
            if scaler.least > scaler.most:
                yield f"replicas.autoscaler.least is {scaler.least}, above most, {scaler.most}. Exchange them."
            elif not scaler.least <= self.replicas.count <= scaler.most:
                yield (
                    f"replicas.count is {self.replicas.count}, outside the autoscaler's range, {scaler.least} to "
                    f"{scaler.most}. Start within it."
                )
        yield from self._batches_that_never_fill()
        if self.retries.most == 0 and self.retries.budget is not None:
            yield f"retries.budget is {self.retries.budget:g}, but retries.most is 0. Allow a retry, or no budget."
        if self.hedge_after_s is not None and self.hedge_after_s >= self.timeout_s:
            yield (
                f"hedge_after_s is {self.hedge_after_s:g}, not before timeout_s, {self.timeout_s:g}: no second request "
                "is ever sent. Hedge earlier."
            )

    def _batches_that_never_fill(self) -> Iterator[str]:
        batching, queue = self.batching, self.queue
        if batching.wait_s > 0 and batching.most_rows == 1:
            yield f"batching.wait_s is {batching.wait_s:g}, but one row fills a batch. Set most_rows."
        if batching.wait_s >= self.timeout_s:
            yield (
                f"batching.wait_s is {batching.wait_s:g} and timeout_s {self.timeout_s:g}: requests are given up "
                "before their batch begins. Wait less."
            )
        if queue.limit is not None and queue.limit < batching.most_rows:
            yield (
                f"queue.limit is {queue.limit}, below batching.most_rows, {batching.most_rows}: no batch fills. Let "
                "more wait, or batch less."
            )


def _flat(document: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield above + name, value


def _lines(error: ValidationError, kind: type[BaseModel]) -> Iterator[str]:
    """Each fault of a document of that kind in words: the entry, its value, the rule, what to do."""
    for one in error.errors():
        entry = ".".join(str(part) for part in one["loc"])
        if one["type"] == "extra_forbidden":
            parent: Any = kind
            for part in one["loc"][:-1]:
                parent = parent if isinstance(part, int) else _model_at(parent, part)  # a place in a list
            yield f"{entry} is no entry; known here are {', '.join(parent.model_fields)}. Rename or remove it."
        elif one["type"] == "missing":
            yield f"{entry} is missing. Add it."
        else:
            yield f"{entry} is {_shown(one['input'])}; {_rule(one)}"


RULES = {
    "bool_type": "it must be true or false. Write one of them.",
    "dict_type": "it must be a mapping of entries. Write them out.",
    "finite_number": "it must be a finite number. Write one.",
    "float_type": "it must be a number. Write one.",
    "int_type": "it must be a whole number. Write one.",
    "invalid_key": "entries have names that are texts. Rename it.",
    "model_type": "it must be a mapping of entries. Write them out.",
    "string_type": "it must be a text. Write one.",
    "tuple_type": "it must be a list. Write its entries out in brackets.",
}
"""What pydantic says in words of Python, by its type of error: the rule and what to do."""


def _rule(error: Mapping[str, Any]) -> str:
    """The rule that an entry breaks, and what to do."""
    about = error.get("ctx", {})
    if error["type"] == "too_short":
        return f"it must have {about['min_length']} or more entries. Add what is missing."
    if error["type"] == "too_long":
        return f"it must have {about['max_length']} or fewer entries. Leave some out."
    rule = error["msg"][0].lower() + error["msg"][1:]
    return RULES.get(error["type"], f"{rule.replace('input should be', 'it must be')}. Correct it.")


def _shown(given: Any) -> str:
    """A value as it is told: plain data as it was written, and of an object its type."""
    if given is None or isinstance(given, (bool, int, float, str, list, tuple, dict)):
        return f"{given!r:.90}"
    return f"an object of type {type(given).__name__}"


def _model_at(parent: Any, name: str) -> Any:
    """The model of an entry, also where it may be None."""
    kind = parent.model_fields[name].annotation
    options = [kind, *getattr(kind, "__args__", ())]
    return next(option for option in options if isinstance(option, type) and issubclass(option, BaseModel))
