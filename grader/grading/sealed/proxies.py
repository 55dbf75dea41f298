"""What stands in a trusted test cell for objects of the student's, so that an ordinary cell runs unchanged.

Calls, attributes, items, iteration and operators are asked for on the student's side; comparing, counting truth or
converting never is: the other side cannot learn what was expected, nor say that it equals it. No judging here.
"""

import inspect
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from grader.grading.sealed import estimators
from grader.grading.sealed.client import About, Client, trusted_class
from grader.grading.sealed.object_server import METHOD, SPECIALS
from grader.suite_kit.answer import Answer, Elsewhere

BATCHES = (64, 256, 1024)
LAZY_AT_FIRST = 32  # items of a generator that are fetched one by one
LAZY_BATCH = 256
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
) | frozenset(SPECIALS)
UNARY = ("__neg__", "__pos__", "__invert__")


class Proxied(Elsewhere):
    """One object of the student's. Its class here has the name of the object's class and the special methods of it."""

    __slots__ = ("__weakref__", "_proxied_ahead", "_proxied_client", "_proxied_number", "_proxied_used", "_proxied_via")

    def __init__(self, client: Client, number: int) -> None:
        if type(client) is not Client:  # Python takes the class of a base for the class to make
            raise TypeError("a class of the student's cannot be extended through the channel")
        _set(self, "_proxied_client", client)
        _set(self, "_proxied_number", number)
        _set(self, "_proxied_ahead", [])
        _set(self, "_proxied_used", 0)
        _set(self, "_proxied_via", "__call__")

    @classmethod
    def reach(cls, attempts: dict[str, Any]) -> Answer:
        from grader.grading.sealed.remote_answer import RemoteAnswer

        there = {name: one for name, one in attempts.items() if issubclass(type(one), Proxied)}
        return RemoteAnswer(
            client_of(next(iter(there.values()))), {name: number_of(one) for name, one in there.items()}
        )

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_proxied_"):
            return _get(self, name)
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

    def __instancecheck__(self, other: Any) -> bool:
        return issubclass(type(other), Proxied) and _is_one(self, about(other).kinds)

    def __subclasscheck__(self, other: Any) -> bool:
        return issubclass(type(other), Proxied) and _is_one(self, about(other).own)

    def __del__(self) -> None:
        try:
            client_of(self).released.append(number_of(self))
        except AttributeError:
            return

    def _refuse(self, *_: Any) -> NoReturn:
        raise TypeError(f"an object of type {about(self).name} came where a plain value was expected")

    __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = __hash__ = _refuse


_get, _set = object.__getattribute__, object.__setattr__


def client_of(proxied: Any) -> Client:
    """The channel to the object."""
    client: Client = _get(proxied, "_proxied_client")
    return client


def number_of(proxied: Any) -> int:
    """The number by which the student's side knows the object."""
    number: int = _get(proxied, "_proxied_number")
    return number


def about(proxied: Any) -> About:
    """What the student's side said of the object."""
    return client_of(proxied).about[number_of(proxied)]


def ask(proxied: Any, op: str, *arguments: Any) -> Any:
    """What the student's side gives for an operation on the object."""
    return client_of(proxied).request(op, proxied, *arguments, hear=True)


def called_by_name(value: Any) -> Any:
    """`value`, noted as what a name of the student's stands for: it may be called with anything."""
    if issubclass(type(value), Proxied):
        _set(value, "_proxied_via", "")
    return value


def may_give(proxied: Any, name: str) -> None:
    """Notes that data is given to an object by a method or operator. Raises `TypeError` if the cell may not.

    It may where the instructor's own answer is asked in this way too. Otherwise data was expected in the object's
    place, and the object would be asked whether it agrees with what is right.
    """
    client = client_of(proxied)
    client.given.add(name)
    if client.allowed is not None and name not in client.allowed:
        raise TypeError(
            f"an object of type {about(proxied).name} came where a plain value was expected ({name} was asked)"
        )


class Proxies:
    """All that stand for objects of one session; the same object is always the same proxy."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.alive: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self.classes: dict[tuple[str, frozenset[str], str], type[Proxied]] = {}
        client.find = self.find
        client.in_use = self.alive.__contains__
        client.number_of = lambda value: number_of(value) if issubclass(type(value), Proxied) else None

    def find(self, number: int) -> Any:
        """What stands for the object of this number: a proxy, or a class of exceptions that can be caught."""
        found = self.alive.get(number)
        if found is not None:
            return found
        told = self.client.about[number]
        if told.raised and (error := self.client.error_class(told.own)) is not None:
            return error
        known = trusted_class(told.own[0]) if told.own else None
        if known is not None:
            return known
        found = self._class(told)(self.client, number)
        self.alive[number] = found
        return found

    def _class(self, told: About) -> type[Proxied]:
        key = told.name, told.specials, told.base
        if key not in self.classes:
            methods: dict[str, Any] = {name: _SPECIALS[name] for name in SPECIALS if name in told.specials}
            if told.base:
                methods |= {name: _by_data(name) for name in _DATA if hasattr(_PLAIN[told.base], name)}
            name = told.name if told.name.isidentifier() else "object"
            self.classes[key] = type(name, (Proxied,), {"__slots__": (), "__module__": "__main__", **methods})
        return self.classes[key]


def _attribute(proxied: Any, name: str) -> Any:
    told = about(proxied)
    if name == "score" and (score := estimators.score_of(proxied, told.kinds)) is not None:
        return score
    allowed = client_of(proxied).allowed
    if told.base and allowed is not None and name not in allowed and hasattr(_PLAIN[told.base], name):
        return getattr(ask(proxied, "plain"), name)
    methods = client_of(proxied).methods
    if (told.kinds[0], name) in methods:
        return Method(proxied, name)
    found = ask(proxied, "get", name)
    if type(found) is str and found == METHOD:
        methods.add((told.kinds[0], name))
        return Method(proxied, name)
    if issubclass(type(found), Proxied) and _get(found, "_proxied_via"):
        _set(found, "_proxied_via", name)
    return found


class Method:
    """A method of an object of the student's: called by its name. For all else the method itself is fetched."""

    def __init__(self, proxied: Any, name: str) -> None:
        self.__self__, self.__name__ = proxied, name

    def __call__(self, /, *arguments: Any, **named: Any) -> Any:
        if arguments or named:
            may_give(self.__self__, self.__name__)
        return _called(client_of(self.__self__), "method", (self.__self__, self.__name__), arguments, named)

    def __getattr__(self, name: str) -> Any:
        return getattr(fetched(self), name)

    @property
    def __doc__(self) -> Any:  # type: ignore[override]
        return fetched(self).__doc__

    def __eq__(self, other: object) -> bool:
        return type(other) is Method and (self.__self__, self.__name__) == (other.__self__, other.__name__)

    __hash__ = None  # type: ignore[assignment]


def fetched(method: Method) -> Any:
    """What stands for the method as an object."""
    return ask(method.__self__, "bound", method.__name__)


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


def _equal(one: Any, other: Any) -> bool:
    """Identity, or data with data; the student's own idea of equality is never asked for."""
    if one is other:
        return True
    told = about(one)
    theirs = about(other) if issubclass(type(other), Proxied) else None
    if isinstance(other, type) and issubclass(other, Proxied):
        return bool(told.own) and told.own[0][1].rpartition(".")[2] == other.__name__
    if told.base:
        return bool(ask(one, "plain") == (ask(other, "plain") if theirs and theirs.base else other))
    if theirs is not None and told.fields and told.kinds[0] == theirs.kinds[0]:
        mine, yours = ask(one, "variables"), ask(other, "variables")
        return all(mine.get(name) == yours.get(name) for name in told.fields)
    if told.equals and other is not None:
        Proxied._refuse(one)
    return False


def _signature(proxied: Any) -> inspect.Signature:
    if "__call__" not in about(proxied).specials:
        raise AttributeError("__signature__")
    told, returned = ask(proxied, "signature")
    parameters = [
        inspect.Parameter(name, inspect._ParameterKind(kind), default=_shown(default), annotation=_shown(annotation))
        for name, kind, default, annotation in told
    ]
    return inspect.Signature(parameters, return_annotation=_shown(returned))


def _shown(told: Any) -> Any:
    kind, content = told
    return inspect.Parameter.empty if kind == "absent" else content


def _call(self: Any, /, *arguments: Any, **named: Any) -> Any:
    via = _get(self, "_proxied_via")
    if via and (arguments or named):
        may_give(self, via)
    return _called(client_of(self), "call", (self,), arguments, named)


def _called(client: Client, op: str, what: tuple[Any, ...], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """The result of a call, after arguments that it changed were changed here."""
    arguments = tuple(fetched(one) if type(one) is Method else one for one in arguments)
    value, reply = client.ask(op, *what, arguments, named, hear=True)
    places: dict[Any, Any] = {**dict(enumerate(arguments)), **named}
    for place, changed in (reply.get("changed") or {}).items() if client.written_back else ():
        if place in places:
            client.changed = True
            write_back(places[place], client.unpack(changed))
    return places[reply["same"]] if reply.get("same") in places else value


def write_back(argument: Any, changed: Any) -> None:
    """Gives an argument the content that the student's code left in it."""
    kind = type(argument).__name__
    if type(changed) is not type(argument):
        return
    if kind in ("list", "bytearray"):
        argument[:] = changed
    elif kind == "ndarray":
        if argument.shape != changed.shape or argument.dtype != changed.dtype:
            return
        argument[...] = changed
    elif kind in ("DataFrame", "Series"):
        argument._update_inplace(changed)
    elif kind in ("dict", "set", "Counter", "OrderedDict", "defaultdict"):
        argument.clear()
        argument.update(changed)
    elif kind == "Generator":
        argument.bit_generator.state = changed.bit_generator.state
    elif kind == "RandomState":
        argument.set_state(changed.get_state())
    elif kind == "Random":
        argument.setstate(changed.getstate())
    elif kind == "deque":
        argument.clear()
        argument.extend(changed)


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
    ahead, used = _get(self, "_proxied_ahead"), _get(self, "_proxied_used")
    if not ahead:
        items, ended = ask(self, "next", 1 if used < LAZY_AT_FIRST else LAZY_BATCH)
        if ended and not items:
            raise StopIteration
        ahead.extend(items)
    _set(self, "_proxied_used", used + 1)
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
        plain = bool(others) and not issubclass(type(others[0]), Proxied)
        if plain:
            may_give(self, name)
        found = ask(self, "special", name, others)
        if plain and not issubclass(type(found), Proxied):
            Proxied._refuse(self)
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
        plain = [ask(one, "plain") if issubclass(type(one), Proxied) and about(one).base else one for one in arguments]
        return getattr(ask(self, "plain"), name)(*plain)

    return method


_SPECIALS: dict[str, Callable[..., Any]] = {
    **{name: _operator(name) for name in SPECIALS},
    **{name: _special(name) for name in ("__getitem__", "__setitem__", "__delitem__", "__enter__", *UNARY)},
    "__call__": _call, "__len__": _length, "__iter__": _iterate, "__next__": _next, "__exit__": _leave,
}  # fmt: skip
_PLAIN: dict[str, type] = {
    one.__name__: one for one in (str, int, float, list, dict, tuple, set, frozenset, bytes)
}  # fmt: skip
_DATA = (
    "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__contains__", "__hash__", "__float__", "__int__", "__index__",
    "__abs__", "__round__", "__add__", "__sub__", "__mul__", "__truediv__", "__floordiv__", "__mod__", "__pow__",
    "__radd__", "__rsub__", "__rmul__", "__rtruediv__", "__neg__", "__and__", "__or__",
)  # fmt: skip
