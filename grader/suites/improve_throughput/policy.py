"""The second hand-in of `improve_throughput`: when a batch begins, and who is turned away, as plain data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from grader.suites.improve_throughput.cases import EXERCISE
from notebook_runner.errors import CourseError


class PolicyError(CourseError):
    """A policy that cannot be meant; the message says what to change."""


class Entry(NamedTuple):
    """What an entry may be: a number from `low` to `high`, `whole` or not; None or left out if `optional`."""

    low: float
    high: float
    whole: bool
    optional: bool

    def fault(self, value: Any) -> str:
        """The rule that a value breaks; empty if it breaks none."""
        is_number = isinstance(value, int if self.whole else int | float) and not isinstance(value, bool)
        if (value is None and self.optional) or (is_number and self.low <= value <= self.high):
            return ""
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.low:,} to {self.high:,}" + (", or None" if self.optional else "")


def _entry(key: str, whole: bool, optional: bool) -> Entry:
    *low, high = EXERCISE.steps(key)
    return Entry(low[0] if low else 1, high, whole, optional)


ENTRIES = {
    "largest_batch": _entry("largest_batch", whole=True, optional=False),
    "longest_wait_ms": _entry("longest_wait_ms", whole=False, optional=False),
    "queue_limit": _entry("queue_limit", whole=True, optional=True),
    "deadline_ms": _entry("deadline_ms", whole=False, optional=True),
}


@dataclass(frozen=True)
class Policy:
    """A batch begins when the core is free and `largest_batch` rows wait, or the oldest has waited `longest_wait_ms`.

    A request that finds `queue_limit` others waiting is refused at once. One that has no answer after `deadline_ms` is
    told so, and is not begun any more. None: no limit, no deadline.
    """

    largest_batch: int
    longest_wait_ms: float
    queue_limit: int | None = None
    deadline_ms: float | None = None

    @classmethod
    def of(cls, given: Any) -> "Policy":
        """The policy that plain data states. Raises `PolicyError`."""
        if not isinstance(given, Mapping):
            raise PolicyError(f"The policy is {type(given).__name__}; it must be a dict with {', '.join(ENTRIES)}.")
        for key in given:
            if key not in ENTRIES:
                raise PolicyError(f"{key!r} is no entry; known are {', '.join(ENTRIES)}. Rename or remove it.")
        for key, entry in ENTRIES.items():
            if rule := entry.fault(given.get(key)):
                raise PolicyError(f"{key} is {given.get(key)!r}; it must be {rule}. Correct it.")
        policy = cls(**given)
        if policy.queue_limit is not None and policy.queue_limit < policy.largest_batch:
            raise PolicyError(
                f"queue_limit is {policy.queue_limit}, below largest_batch, {policy.largest_batch}: no batch fills. "
                "Let more wait, or batch less."
            )
        if policy.deadline_ms is not None and policy.deadline_ms <= policy.longest_wait_ms:
            raise PolicyError(
                f"deadline_ms is {policy.deadline_ms:g} and longest_wait_ms {policy.longest_wait_ms:g}: requests are "
                "given up before their batch begins. Wait less."
            )
        return policy

    def plain(self) -> dict[str, Any]:
        """The policy as plain data, of which `of` makes it again."""
        return asdict(self)
