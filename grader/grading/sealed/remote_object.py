"""One object of the student's as the checker holds it: a number, a channel, and what may be asked of it.

The ground on which proxies, their special methods and `estimators` stand; it knows none of them. No judging here.
"""

from typing import Any, NoReturn

from grader.grading.sealed.client import LEARNING, About, Client, NotPlainData
from grader.suite_kit.answer import Elsewhere

get_own, set_own = object.__getattribute__, object.__setattr__


class RemoteObject(Elsewhere):
    """The base of every proxy. `_proxied_via`: the method or attribute by which it was reached, "" for a name."""

    __slots__ = ("__weakref__", "_proxied_ahead", "_proxied_client", "_proxied_number", "_proxied_used", "_proxied_via")

    def __init__(self, client: Client, number: int) -> None:
        if type(client) is not Client:  # Python takes the class of a base for the class to make
            raise TypeError("a class of the student's cannot be extended through the channel")
        set_own(self, "_proxied_client", client)
        set_own(self, "_proxied_number", number)
        set_own(self, "_proxied_ahead", [])
        set_own(self, "_proxied_used", 0)
        set_own(self, "_proxied_via", "__call__")

    def __del__(self) -> None:
        try:
            client_of(self).released.append(number_of(self))
        except AttributeError:
            return


def is_remote(value: Any) -> bool:
    """Whether `value` stands for an object of the student's. Asked of the type, which no object can lie about."""
    return issubclass(type(value), RemoteObject)


def client_of(proxied: Any) -> Client:
    """The channel to the object."""
    client: Client = get_own(proxied, "_proxied_client")
    return client


def number_of(proxied: Any) -> int:
    """The number by which the student's side knows the object."""
    number: int = get_own(proxied, "_proxied_number")
    return number


def about(proxied: Any) -> About:
    """What the student's side said of the object."""
    return client_of(proxied).about[number_of(proxied)]


def ask(proxied: Any, op: str, *arguments: Any) -> Any:
    """What the student's side gives for an operation on the object."""
    return client_of(proxied).request(op, proxied, *arguments, hear=True)


def refuse(proxied: Any, *_: Any) -> NoReturn:
    """Raises `NotPlainData`: the object may not be compared, counted or converted."""
    raise NotPlainData(f"an object of type {about(proxied).name} came where a plain value was expected")


def plain(value: Any) -> Any:
    """The data of an object whose class extends plain data; anything else as it is."""
    return ask(value, "plain") if is_remote(value) and about(value).base else value


def permitted(proxied: Any, name: str) -> bool:
    """Whether the cell may give data to the object by this method or operator, which is noted if so."""
    client = client_of(proxied)
    if client.allowed is not None and name not in client.allowed and LEARNING not in client.allowed:
        return False
    client.operations_used.add(name)
    return True


def may_give(proxied: Any, name: str) -> None:
    """Notes that data is given to an object by a method or operator. Raises `NotPlainData` if the cell may not.

    It may where the instructor's own answer is asked in this way too. Otherwise data was expected in the object's
    place, and the object would be asked whether it agrees with what is right.
    """
    if not permitted(proxied, name):
        client_of(proxied).operations_used.add(name)
        raise NotPlainData(
            f"an object of type {about(proxied).name} came where a plain value was expected ({name} was asked)"
        )


def may_ask(proxied: Any, name: str) -> None:
    """Notes that an object is asked what decides: its truth, order, hash or number.

    Raises `NotPlainData` if it may not.

    It may only where it is known that the instructor's own answer is asked the same, or while that is being learned.
    """
    client = client_of(proxied)
    client.operations_used.add(name)
    if client.allowed is None or not {name, LEARNING} & client.allowed:
        refuse(proxied)
