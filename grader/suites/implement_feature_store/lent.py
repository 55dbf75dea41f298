"""The store that a student's tests get: always a class of the same name and form, whatever is behind it.

`try_store` runs on the student's side. A `Shop` of the student's own stores lies there too, one of the grader's stores
in the checker, and only numbers and plain data go between them. All stores refuse in the same words.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from grader.suite_kit.answer import Exposed
from grader.suites.implement_feature_store.bugs import BUGS, TIES, Own, Row
from grader.suites.implement_feature_store.requests import Views, note, refusal, well_formed

MOST_STORES = 5_000


def try_store(check: Callable[[type], Any], own: type, bug: str = "", size: int = 0, shop: Any = None) -> Any:
    """What `check` returns for a store: one lent by `shop`, else the student's `own`, with a planted `bug` if named.

    `size` is that of the bug, the hardest one by default. Raises ValueError for a bug of another name.
    """
    if shop is None:
        if bug and bug not in BUGS and bug not in TIES:
            raise ValueError(f"no bug is called {bug!r}. Known: {', '.join([*BUGS, *TIES])}")
        shop = Shop(partial(wrapper(bug), own, size or hardest(bug)))
    return check(store_class(shop.new, shop.call))


def wrapper(bug: str) -> type[Own]:
    """What distorts a store: nothing for "", a tie that is decided one way, or a planted bug."""
    return BUGS[bug].wrapper if bug in BUGS else TIES.get(bug, Own)


def hardest(bug: str) -> int:
    """The size at which a bug is the hardest to notice; 0 if it has none."""
    return BUGS[bug].sizes[0] if bug in BUGS else 0


def store_class(new: Callable[[], int], call: Callable[[int, str, Sequence[Any]], Any]) -> type:
    """The class that a student's tests get. `new` gives a new store's number, `call` does one operation on it."""

    class FeatureStore:
        """A feature store as the task describes it; each instance is new and empty."""

        def __init__(self) -> None:
            self._number = new()

        def define(self, view: str, columns: list[str], time_to_live_s: int | None = None) -> None:
            call(self._number, "define", (view, columns, time_to_live_s))

        def write(self, view: str, rows: list[Row], known_s: int) -> None:
            call(self._number, "write", (view, rows, known_s))

        def as_of(self, view: str, requests: list[Row]) -> Any:
            return call(self._number, "as_of", (view, requests))

        def materialise(self, view: str, now_s: int) -> None:
            call(self._number, "materialise", (view, now_s))

        def online(self, view: str, entity: str, now_s: int) -> Any:
            return call(self._number, "online", (view, entity, now_s))

        def add_column(self, view: str, column: str, default: Any = None) -> None:
            call(self._number, "add_column", (view, column, default))

        def backfill(self, view: str, rows: list[Row], known_s: int) -> None:
            call(self._number, "backfill", (view, rows, known_s))

    FeatureStore.__qualname__ = "FeatureStore"
    return FeatureStore


class TestedStore:
    """A store in the hands of a student's tests: asked also what it must refuse, for it may not.

    Where it refuses that, it does so in the words of all stores.
    """

    def __init__(self, store: Any) -> None:
        self.store = store
        self.views: Views = {}

    def call(self, method: str, arguments: Sequence[Any]) -> Any:
        """One operation."""
        plain = well_formed(method, arguments)
        refused = refusal(method, plain, self.views)
        try:
            given = getattr(self.store, method)(*plain)
        except NotImplementedError:
            raise
        except Exception:
            if refused is None:
                raise
            raise refused from None
        note(method, plain, self.views)
        return given


class Shop:
    """Stores by number; `make` makes one."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make
        self.stores: list[TestedStore] = []

    def new(self) -> int:
        """The number of a new, empty store."""
        if len(self.stores) >= MOST_STORES:
            raise RuntimeError(f"one check may make {MOST_STORES:,} stores. Make fewer.")
        self.stores.append(TestedStore(self.make()))
        return len(self.stores) - 1

    def call(self, number: int, method: str, arguments: Sequence[Any]) -> Any:
        """One operation on a store."""
        if not isinstance(number, int) or not 0 <= number < len(self.stores):
            raise ValueError(f"there is no store {number!r:.40}")
        return self.stores[number].call(method, arguments)

    def exposed(self) -> Exposed:
        """What of it may be used from outside."""
        return Exposed(self, ["new", "call"])
