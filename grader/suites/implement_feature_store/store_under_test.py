"""The store that a student's tests get: always a class of the same name and form, whatever is behind it.

`try_store` runs on the student's side. A shop of the student's own stores lies there too, one of the grader's stores
in the checker.
"""

from collections.abc import Callable, Sequence
from typing import Any

from grader.suites.implement_feature_store.bugs import STORES, Row


def try_store(check: Callable[[type], Any], own: type, bug: str = "", size: int = 0, shop: Any = None) -> Any:
    """What `check` returns for a store: one lent by `shop`, else the student's `own`, with a planted `bug` if named.

    `size` is that of the bug, the hardest one by default. Raises ValueError for a bug of another name.
    """
    shop = shop or STORES.distorted(own, bug, size)
    return check(store_class(shop.new, shop.call))


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
