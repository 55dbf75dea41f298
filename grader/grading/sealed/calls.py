"""Calls of the student's functions and methods from a trusted cell, and what they do to the cell's own arguments.

Nothing here decides whether a call may be made: see `remote_object`.
"""

from typing import Any

from grader.grading.sealed.client import Client
from grader.grading.sealed.remote_object import ask, client_of, get_own, is_remote, may_give, plain

# Methods by which an object that extends plain data is changed: given data, they cannot tell whether it was right.
MUTATORS = frozenset({
    "append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update", "setdefault", "popitem", "add",
    "discard",
})  # fmt: skip


class Method:
    """A method of an object of the student's: called by its name. For all else the method itself is fetched."""

    def __init__(self, proxied: Any, name: str) -> None:
        self.__self__, self.__name__ = proxied, name

    def __call__(self, /, *arguments: Any, **named: Any) -> Any:
        if arguments or named:
            may_give(self.__self__, self.__name__)
        return called(client_of(self.__self__), "method", (self.__self__, self.__name__), arguments, named)

    def __getattr__(self, name: str) -> Any:
        return getattr(fetched(self), name)

    @property
    def __doc__(self) -> Any:  # type: ignore[override]
        return fetched(self).__doc__

    def __eq__(self, other: object) -> bool:
        return type(other) is Method and (self.__self__, self.__name__) == (other.__self__, other.__name__)

    __hash__ = None  # type: ignore[assignment]


class BaseMethod:
    """A method of the plain type that the class of an object of the student's extends, done to that object.

    What it gives for data of the cell's is worked out here: the other side, which received the data, has no say in it.
    """

    def __init__(self, proxied: Any, name: str) -> None:
        self.__self__, self.__name__ = proxied, name

    def __call__(self, /, *arguments: Any, **named: Any) -> Any:
        held = plain(self.__self__) if arguments or named else None
        found = ask(self.__self__, "base", self.__name__, arguments, named)
        return getattr(held, self.__name__)(*arguments, **named) if arguments or named else found


def fetched(method: Method) -> Any:
    """What stands for the method as an object."""
    return ask(method.__self__, "bound", method.__name__)


def call_object(self: Any, /, *arguments: Any, **named: Any) -> Any:
    via = get_own(self, "_proxied_via")
    if via and (arguments or named):
        may_give(self, via)
    return called(client_of(self), "call", (self,), arguments, named)


def called(client: Client, op: str, what: tuple[Any, ...], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """The result of a call, after arguments that it changed were changed here."""
    arguments = tuple(fetched(argument) if type(argument) is Method else argument for argument in arguments)
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
    if is_remote(argument) or type(changed) is not type(argument):
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
