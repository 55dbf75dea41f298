"""What stands in a trusted test cell for objects of the student's, so that an ordinary cell runs unchanged.

Calls, attributes, items, iteration and operators are asked for on the student's side; comparing, counting truth or
converting never is: the other side cannot learn what was expected, nor say that it equals it. No judging here.
"""

import inspect
import types
import weakref
from typing import Any

from grader.grading.sealed import estimators
from grader.grading.sealed.calls import MUTATORS, BaseMethod, Method
from grader.grading.sealed.client import About, Client, trusted_class
from grader.grading.sealed.object_description import NAMED
from grader.grading.sealed.object_server import METHOD
from grader.grading.sealed.remote_answer import RemoteAnswer
from grader.grading.sealed.remote_object import (
    RemoteObject,
    about,
    ask,
    client_of,
    get_own,
    is_remote,
    may_ask,
    number_of,
    permitted,
    plain,
    refuse,
    set_own,
)  # fmt: skip
from grader.grading.sealed.special_methods import ORDER, PLAIN, TENSOR, contains, hashed, methods_of, ordered, truth
from grader.suite_kit.answer import Answer

TUPLE = (("builtins", "tuple"), ("builtins", "object"))  # the ancestors of a named tuple, which crosses as data
# Attributes with two underscores that cells ask for; all others are refused, above all those by which numpy would read
# memory or a library call back.
DUNDER = frozenset(
    [
        "__doc__",
        "__name__",
        "__qualname__",
        "__module__",
        "__annotations__",
        "__defaults__",
        "__kwdefaults__",
        "__version__",
        "__init__",
        "__str__",
        "__repr__",
    ]
) | frozenset(NAMED)


class Proxied(RemoteObject):
    """One object of the student's. Its class here has the name of the object's class and the special methods of it."""

    __slots__ = ()

    @classmethod
    def reach(cls, attempts: dict[str, Any]) -> Answer:
        there = {name: value for name, value in attempts.items() if is_remote(value)}
        return RemoteAnswer(
            client_of(next(iter(there.values()))), {name: number_of(value) for name, value in there.items()}
        )

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_proxied_"):
            return get_own(self, name)
        if name == "__class__":
            return _class_of(self)
        if name == "__signature__":
            return _signature(self)
        if name == "__dict__":
            return ask(self, "variables")
        if name.startswith("__") and name.endswith("__") and name not in DUNDER:
            raise AttributeError(f"{about(self).name!r} object: {name!r} cannot be asked for through the channel")
        return _attribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        ask(self, "set", name, value)

    def __delattr__(self, name: str) -> None:
        ask(self, "delete", name)

    def __dir__(self) -> list[str]:
        return list(ask(self, "dir"))

    def __str__(self) -> str:
        return str(ask(self, "text", "str", ""))

    def __repr__(self) -> str:
        return str(ask(self, "text", "repr", ""))

    def __format__(self, form: str) -> str:
        return str(ask(self, "text", "format", form))

    def __eq__(self, other: object) -> bool:
        return _equal(self, other)

    def __ne__(self, other: object) -> bool:
        return not _equal(self, other)

    __bool__, __hash__, __contains__ = truth, hashed, contains
    __lt__, __le__, __gt__, __ge__ = (ordered(name) for name in ORDER)

    def __instancecheck__(self, other: Any) -> bool:
        if issubclass(type(other), tuple) and hasattr(type(other), "_fields"):
            return _is_one(self, (("__main__", type(other).__name__), *TUPLE))
        return is_remote(other) and _is_one(self, about(other).kinds)

    def __subclasscheck__(self, other: Any) -> bool:
        return is_remote(other) and _is_one(self, about(other).own)


def called_by_name(value: Any) -> Any:
    """`value`, noted as what a name of the student's stands for: it may be called with anything."""
    if is_remote(value):
        set_own(value, "_proxied_via", "")
    return value


class Proxies:
    """All that stand for objects of one session; the same object is always the same proxy."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.alive: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self.classes: dict[tuple[str, frozenset[str], str, bool], type[Proxied]] = {}
        client.find = self.find
        client.in_use = self.alive.__contains__
        client.number_of = lambda value: number_of(value) if is_remote(value) else None

    def find(self, number: int) -> Any:
        """What stands for the object of this number: a proxy, or a class of exceptions that can be caught."""
        found = self.alive.get(number)
        if found is not None:
            return found
        reported = self.client.about[number]
        if reported.raised and (error := self.client.error_class(reported.own)) is not None:
            return error
        known = trusted_class(reported.own[0]) if reported.own else None
        if known is not None:
            return known
        found = self._class(reported)(self.client, number)
        self.alive[number] = found
        return found

    def _class(self, reported: About) -> type[Proxied]:
        key = reported.name, reported.specials, reported.base, TENSOR in reported.kinds
        if key not in self.classes:
            name = reported.name if reported.name.isidentifier() else "object"
            self.classes[key] = type(
                name, (Proxied,), {"__slots__": (), "__module__": "__main__", **methods_of(reported)}
            )
        return self.classes[key]


def _attribute(proxied: Any, name: str) -> Any:
    reported = about(proxied)
    if name == "score" and (score := estimators.score_of(proxied, reported.kinds)) is not None:
        return score
    if reported.base and hasattr(PLAIN[reported.base], name) and not permitted(proxied, name):
        return BaseMethod(proxied, name) if name in MUTATORS else getattr(plain(proxied), name)
    methods = client_of(proxied).methods
    if (reported.kinds[0], name) in methods:
        return Method(proxied, name)
    found = ask(proxied, "get", name)
    if type(found) is str and found == METHOD:
        methods.add((reported.kinds[0], name))
        return Method(proxied, name)
    if is_remote(found) and get_own(found, "_proxied_via"):
        set_own(found, "_proxied_via", name)
    return found


def _class_of(proxied: Any) -> Any:
    """The nearest class that the checker knows itself, else what stands for the student's class."""
    for kind in about(proxied).kinds[:-1]:
        known = trusted_class(kind)
        if known is not None and known is not types.MethodType:
            return known
    return ask(proxied, "get", "__class__")


def _is_one(asked: Any, kinds: tuple[tuple[str, str], ...]) -> bool:
    own = about(asked).own
    if not own:
        raise TypeError("isinstance() arg 2 must be a type")
    return own[0] in kinds


def _equal(proxied: Any, other: Any) -> bool:
    """Identity, or data with data; the student's own idea of equality is asked for between two objects of theirs."""
    if proxied is other:
        return True
    reported = about(proxied)
    theirs = about(other) if is_remote(other) else None
    if isinstance(other, type) and issubclass(other, Proxied):
        return bool(reported.own) and reported.own[0][1].rpartition(".")[2] == other.__name__
    if reported.base:
        return bool(plain(proxied) == plain(other))
    if theirs is not None and reported.fields and reported.kinds[0] == theirs.kinds[0]:
        mine, yours = ask(proxied, "variables"), ask(other, "variables")
        return all(mine.get(name) == yours.get(name) for name in reported.fields)
    if theirs is not None and (reported.equals or theirs.equals):
        may_ask(proxied, "__eq__")
        return bool(ask(proxied, "judge", "eq", (other,)))
    if reported.equals and other is not None:
        refuse(proxied)
    return False


def _signature(proxied: Any) -> inspect.Signature:
    if "__call__" not in about(proxied).specials:
        raise AttributeError("__signature__")
    reported, returned = ask(proxied, "signature")
    parameters = [
        inspect.Parameter(name, inspect._ParameterKind(kind), default=_shown(default), annotation=_shown(annotation))
        for name, kind, default, annotation in reported
    ]
    return inspect.Signature(parameters, return_annotation=_shown(returned))


def _shown(reported: Any) -> Any:
    kind, content = reported
    return inspect.Parameter.empty if kind == "absent" else content
