"""The special methods of proxies: iteration, operators and `with`, as Python's own syntax asks for them.

What is asked of the student's side and what is worked out here from data is decided here, and nowhere else.
"""

from collections.abc import Callable, Iterator
from typing import Any

from grader.grading.sealed.calls import call_object
from grader.grading.sealed.client import About
from grader.grading.sealed.object_server import SPECIALS
from grader.grading.sealed.remote_object import about, ask, get_own, is_remote, may_give, refuse, set_own

BATCHES = (64, 256, 1024)
LAZY_AT_FIRST = 32  # items of a generator that are fetched one by one
LAZY_BATCH = 256
UNARY = ("__neg__", "__pos__", "__invert__")
PLAIN: dict[str, type] = {
    one.__name__: one for one in (str, int, float, list, dict, tuple, set, frozenset, bytes)
}  # fmt: skip
_DATA = (
    "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__contains__", "__hash__", "__float__", "__int__", "__index__",
    "__abs__", "__round__", "__add__", "__sub__", "__mul__", "__truediv__", "__floordiv__", "__mod__", "__pow__",
    "__radd__", "__rsub__", "__rmul__", "__rtruediv__", "__neg__", "__and__", "__or__",
)  # fmt: skip


def methods_of(told: About) -> dict[str, Callable[..., Any]]:
    """The special methods of a proxy, for what the student's side says of the object."""
    methods = {name: _SPECIALS[name] for name in SPECIALS if name in told.specials}
    if told.base:
        methods |= {name: _by_data(name) for name in _DATA if hasattr(PLAIN[told.base], name)}
    return methods


def _iterate(self: Any) -> Any:
    return self if about(self).lazy else _items(self)


def _items(proxied: Any) -> Iterator[Any]:
    iterator, sizes, ended = ask(proxied, "iterate"), iter(BATCHES), False
    size = next(sizes)
    while not ended:
        items, ended = ask(iterator, "next", size)
        yield from items
        size = next(sizes, size)


def _next(self: Any) -> Any:
    """The next item of a generator of the student's, which works ahead a little once many were asked for."""
    ahead, used = get_own(self, "_proxied_ahead"), get_own(self, "_proxied_used")
    if not ahead:
        items, ended = ask(self, "next", 1 if used < LAZY_AT_FIRST else LAZY_BATCH)
        if ended and not items:
            raise StopIteration
        ahead.extend(items)
    set_own(self, "_proxied_used", used + 1)
    return ahead.pop(0)


def _special(name: str) -> Callable[..., Any]:
    """A special method that is asked for as Python's own operators would."""

    def method(self: Any, *arguments: Any) -> Any:
        return ask(self, "special", name, arguments)

    return method


def _operator(name: str) -> Callable[..., Any]:
    """An operator; with a plain value on the other side its result must not be plain.

    Otherwise an object could answer `result - expected` with 0.
    """

    def method(self: Any, *others: Any) -> Any:
        plain = bool(others) and not is_remote(others[0])
        if plain:
            may_give(self, name)
        found = ask(self, "special", name, others)
        if plain and not is_remote(found):
            refuse(self)
        return found

    return method


def _length(self: Any) -> int:
    return int(ask(self, "special", "__len__", ()))


def _leave(self: Any, kind: Any, error: Any, trace: Any) -> bool:
    """`with`: an error of the block is told by its text; what the student's side makes of it cannot undo it."""
    ask(self, "special", "__exit__", (None, None, None))
    return False


def _by_data(name: str) -> Callable[..., Any]:
    """A special method of an object whose class extends str, int, list, ...: done here, with its data."""

    def method(self: Any, *arguments: Any) -> Any:
        plain = [ask(one, "plain") if is_remote(one) and about(one).base else one for one in arguments]
        return getattr(ask(self, "plain"), name)(*plain)

    return method


_SPECIALS: dict[str, Callable[..., Any]] = {
    **{name: _operator(name) for name in SPECIALS},
    **{name: _special(name) for name in ("__getitem__", "__setitem__", "__delitem__", "__enter__", *UNARY)},
    "__call__": call_object, "__len__": _length, "__iter__": _iterate, "__next__": _next, "__exit__": _leave,
}  # fmt: skip
