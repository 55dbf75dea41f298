"""The special methods of proxies: iteration, operators, comparison, conversion, as Python's own syntax asks for them.

An object whose class extends plain data is compared and converted here, by its data. Of any other object a question
that decides (is it true, equal, less, a member) is asked only where the instructor's own answer is asked it too, and
never together with data of the cell's: the other side cannot learn what was expected.
"""

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

from grader.grading.sealed.calls import call_object
from grader.grading.sealed.client import About
from grader.grading.sealed.object_description import BASES, NUMBER
from grader.grading.sealed.object_server import NOT_IMPLEMENTED
from grader.grading.sealed.remote_object import (
    about,
    ask,
    get_own,
    is_remote,
    may_ask,
    may_give,
    number_of,
    permitted,
    plain,
    refuse,
    set_own,
)  # fmt: skip

BATCHES = (64, 256, 1024)
LAZY_AT_FIRST = 32  # items of a generator that are fetched one by one
LAZY_BATCH = 256
BUILT_IN_ITERATORS = ("builtins", "itertools")
PLAIN: dict[str, type] = {base.__name__: base for base in BASES} | {NUMBER: object}
PLAIN_NUMBER = ("__float__", "__int__", "__complex__", "__index__")
TENSOR = ("torch", "Tensor")
ARITHMETIC = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift",
)  # fmt: skip
ORDER = ("lt", "le", "gt", "ge")
UNARY = ("neg", "pos", "invert")
ASKED = ("__getitem__", "__setitem__", "__delitem__", "__enter__", "__reversed__")
NUMBERS: dict[str, Callable[..., Any]] = {
    "__float__": float, "__int__": int, "__complex__": complex, "__index__": operator.index, "__abs__": abs,
    "__round__": round, "__trunc__": math.trunc, "__floor__": math.floor, "__ceil__": math.ceil,
    "__divmod__": divmod,
}  # fmt: skip


def _reflected(work: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda self, other: work(other, self)


_WORK: dict[str, Callable[[Any, Any], Any]] = {
    name: getattr(operator, {"and": "and_", "or": "or_"}.get(name, name)) for name in ARITHMETIC
}
_BINARY = {f"__{name}__": work for name, work in _WORK.items()} | {
    f"__r{name}__": _reflected(work) for name, work in _WORK.items()
}
_IN_PLACE = tuple(f"__i{name}__" for name in ARITHMETIC)


def methods_of(reported: About) -> dict[str, Callable[..., Any]]:
    """The special methods of a proxy, for what the student's side says of the object."""
    methods = {name: method for name, method in _SPECIALS.items() if name in reported.specials}
    if reported.base:
        numeric = reported.base == NUMBER
        by_data = {**_BINARY, **_UNARY, **NUMBERS, **_ORDER}
        named = {name: work for name, work in by_data.items() if numeric or hasattr(PLAIN[reported.base], name)}
        methods |= {name: _by_data(name, work) for name, work in named.items()}
        methods |= {name: _in_place(name) for name in _IN_PLACE if hasattr(PLAIN[reported.base], name)}
    if TENSOR in reported.kinds:
        methods["__array__"] = _as_array
    return methods


def truth(proxied: Any) -> bool:
    """`bool(proxied)`. Raises `NotPlainData` where truth may not be asked."""
    reported = about(proxied)
    if reported.base == NUMBER or (reported.base and "__len__" not in reported.specials):
        return bool(plain(proxied))
    if reported.base:
        return _length(proxied) > 0
    may_ask(proxied, "__bool__")
    return bool(ask(proxied, "judge", "bool", ()))


def hashed(proxied: Any) -> int:
    """`hash(proxied)`. Raises `TypeError` for what has none."""
    reported = about(proxied)
    if reported.base:
        return hash(plain(proxied))
    if reported.hashed == "identity":
        return hash(("an object of the student's", number_of(proxied)))
    if reported.hashed != "own":
        raise TypeError(f"unhashable type: {reported.name!r}")
    may_ask(proxied, "__hash__")
    return int(ask(proxied, "judge", "hash", ()))


def contains(proxied: Any, item: Any) -> bool:
    """`item in proxied`: by its data, or its items where its class has no way of its own to say so."""
    reported = about(proxied)
    if reported.base:
        return bool(plain(item) in plain(proxied)) if not is_remote(item) or about(item).base else item in list(proxied)
    if "__contains__" in reported.specials:
        if not is_remote(item):
            refuse(proxied)
        may_ask(proxied, "__contains__")
        return bool(ask(proxied, "judge", "contains", (item,)))
    if "__iter__" not in reported.specials and "__getitem__" not in reported.specials:
        raise TypeError(f"argument of type {reported.name!r} is not iterable")
    return any(item is member or item == member for member in proxied)


def ordered(name: str) -> Callable[[Any, Any], Any]:
    """`<` and the like between objects of the student's."""

    def method(self: Any, other: Any) -> Any:
        if not is_remote(other):
            refuse(self)
        may_ask(self, f"__{name}__")
        return ask(self, "judge", name, (other,))

    return method


def _iterate(self: Any) -> Any:
    """An iterator of a library is itself; one of the student's own may begin again."""
    reported = about(self)
    if not reported.lazy:
        return _items(self)
    if reported.kinds[0][0] in BUILT_IN_ITERATORS or get_own(self, "_proxied_ahead"):
        return self
    begun = ask(self, "begin")
    return begun if is_remote(begun) else iter(begun)


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
        data = bool(others) and not is_remote(others[0])
        if data:
            may_give(self, name)
        found = ask(self, "special", name, others)
        if type(found) is str and found == NOT_IMPLEMENTED:
            return NotImplemented
        if data and not is_remote(found):
            refuse(self)
        return found

    return method


def _conversion(name: str) -> Callable[..., Any]:
    """A number made of an object that is none; what its class makes of `abs` and `round` may be anything."""

    def method(self: Any, *arguments: Any) -> Any:
        may_ask(self, name)
        found = ask(self, "special", name, arguments)
        return NUMBERS[name](found) if name in PLAIN_NUMBER else found

    return method


def _length(self: Any) -> int:
    return int(ask(self, "special", "__len__", ()))


def _leave(self: Any, kind: Any, error: Any, trace: Any) -> bool:
    """`with`: an error of the block is passed on by its text; what the student's side makes of it cannot undo it."""
    ask(self, "special", "__exit__", (None, None, None))
    return False


def _by_data(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """A special method of an object whose class extends str, int, list, ...: done here, with its data.

    Where the student's own class defines it, and the instructor's own answer is asked for it too, it is asked for.
    """
    asked = _operator(name) if name in _BINARY or name in _UNARY else None

    def method(self: Any, *arguments: Any) -> Any:
        if asked is not None and name in about(self).overrides and permitted(self, name):
            return asked(self, *arguments)
        return work(plain(self), *map(plain, arguments))

    return method


def _in_place(name: str) -> Callable[..., Any]:
    """`+=` and the like on an object whose class extends list, dict, ...: as that plain type does it."""

    def method(self: Any, other: Any) -> Any:
        found = ask(self, "base", name, (other,), {})
        return found if is_remote(found) else refuse(self)

    return method


def _as_array(self: Any, *_: Any, **__: Any) -> Any:
    """A tensor as numpy sees it."""
    return ask(self, "array")


_UNARY: dict[str, Callable[..., Any]] = {f"__{name}__": getattr(operator, name) for name in UNARY}
_ORDER: dict[str, Callable[..., Any]] = {f"__{name}__": getattr(operator, name) for name in ORDER}
_SPECIALS: dict[str, Callable[..., Any]] = {
    **{name: _operator(name) for name in (*_BINARY, *_IN_PLACE)},
    **{name: _conversion(name) for name in NUMBERS},
    **{name: _special(name) for name in (*ASKED, *_UNARY)},
    "__call__": call_object, "__len__": _length, "__iter__": _iterate, "__next__": _next, "__exit__": _leave,
}  # fmt: skip
