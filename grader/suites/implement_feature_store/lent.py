"""The store that a student's tests get: always a class of the same name and form, whatever is behind it.

`try_store` runs on the student's side; `Shop` is the checker's, and only numbers and plain data go between them. What
is refused is decided before a store is asked, in the same words for all.
"""

from collections.abc import Callable, Sequence
from typing import Any

from grader.suite_kit.answer import Exposed
from grader.suites.implement_feature_store.bugs import BUGS, TIES, Own, Row
from grader.suites.implement_feature_store.requests import Views, note, refusal, well_formed

MOST_STORES = 5_000


def try_store(check: Callable[[type], Any], own: type, bug: str = "", size: int = 0, shop: Any = None) -> Any:
    """What `check` returns for a store: one lent by `shop`, else the student's `own`, with a planted `bug` if named.

    `size` is that of the bug, the hardest one by default. Raises ValueError for a bug of another name.
    """
    if shop is not None:
        return check(store_class(shop.new, shop.call))
    if bug and bug not in BUGS and bug not in TIES:
        raise ValueError(f"no bug is called {bug!r}. Known: {', '.join([*BUGS, *TIES])}")
    wrapper = BUGS[bug].wrapper if bug in BUGS else TIES.get(bug, Own)
    made: list[OwnStore] = []

    def new() -> int:
        made.append(OwnStore(wrapper(own, size or (BUGS[bug].size if bug in BUGS else 0))))
        return len(made) - 1

    def call(number: int, method: str, arguments: Sequence[Any]) -> Any:
        return made[number].call(method, arguments)

    return check(store_class(new, call))


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


class OwnStore:
    """The student's own store in the hands of their tests: asked also what it must refuse, for it may not.

    Where it refuses that, it does so in the words of all stores.
    """

    def __init__(self, store: Own) -> None:
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
            raise refused.error from None
        note(method, plain, self.views)
        return given


class LentStore:
    """A store of the checker's in the hands of a student's tests: it is asked nothing that is to be refused."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.views: Views = {}

    def call(self, method: str, arguments: Sequence[Any]) -> Any:
        """One operation."""
        plain = well_formed(method, arguments)
        refused = refusal(method, plain, self.views)
        if refused is not None:
            if method in ("write", "backfill") and plain[0] in self.views:
                self.store.refused(method, plain[0], plain[1][: refused.row], plain[2])
            raise refused.error
        if method == "add_column" and plain[1] in self.views[plain[0]]:
            return None  # it is there already; stores compare defaults each in its own way
        note(method, plain, self.views)
        return getattr(self.store, method)(*plain)


class Shop:
    """Stores that the checker owns, by number."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make
        self.stores: list[LentStore] = []

    def new(self) -> int:
        """The number of a new, empty store."""
        if len(self.stores) >= MOST_STORES:
            raise RuntimeError(f"one check may make {MOST_STORES:,} stores. Make fewer.")
        self.stores.append(LentStore(self.make()))
        return len(self.stores) - 1

    def call(self, number: int, method: str, arguments: Sequence[Any]) -> Any:
        """One operation on a store."""
        if not isinstance(number, int) or not 0 <= number < len(self.stores):
            raise ValueError(f"there is no store {number!r:.40}")
        return self.stores[number].call(method, arguments)

    def exposed(self) -> Exposed:
        """What of it may be used from outside."""
        return Exposed(self, ["new", "call"])
