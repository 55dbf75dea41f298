"""The student's side of the border for test cells of any kind: does to the student's objects what a cell asks for.

A `Server` that answers more requests: names, attributes, items, iteration, operators, signatures, printed output. It
runs beside student code, which may change it: nothing the checker believes depends on it.
"""

import contextlib
import importlib
import inspect
import io
import operator
import sys
import time
from collections.abc import Callable, Iterable
from types import BuiltinMethodType, MethodType
from typing import Any

from grader.grading.sealed.codecs import GATED, build, more
from grader.grading.sealed.object_description import about, ancestry, base_of, compared_fields, has_special, number_of
from grader.suite_kit.answer import HANDLES, TEXT, PassThrough, Proxy, Server, own_line
from grader.suite_kit.codec import LIMITS, CodecError, Limits, decode, encode

BATCH_S = 0.05
DATA_ONLY = frozenset({"plain", "array"})  # requests that are answered with data, never with a handle
PRINTED = 1_000_000
MUTABLE = (
    "list", "dict", "set", "bytearray", "ndarray", "DataFrame", "Series", "Counter", "OrderedDict", "defaultdict",
    "deque",
    "Generator", "RandomState", "Random",
)  # fmt: skip
METHOD = "\0method"
NOT_IMPLEMENTED = "\0not implemented"
# Questions that decide, by the name of Python's own function.
JUDGES: dict[str, Callable[..., Any]] = {
    "bool": bool, "hash": hash, "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le,
    "gt": operator.gt, "ge": operator.ge, "contains": operator.contains,
}  # fmt: skip
_now_s = time.monotonic


class ObjectServer(Server):
    """Answers the requests of a suite's answer and, as {"do": "object", ...}, those of the checker's `Client`."""

    def __init__(self, names: dict[str, Any], ask: Callable[[bytes], bytes], limits: Limits = LIMITS) -> None:
        super().__init__(names, ask, limits)
        self.kept: dict[int, Any] = {}  # by number; the checker says what it no longer needs
        self.objects = self.kept  # type: ignore[assignment]
        self.counted = 0
        self.reported: set[int] = set()
        self.new: list[int] = []
        self.libraries: frozenset[str] = frozenset()  # those of `GATED` that the checker has loaded
        self.iterators: dict[int, _Iterator] = {}  # by id(); each holds its object, so no id is used twice

    def read(self, frame: bytes) -> dict[str, Any]:
        request: dict[str, Any] = decode(frame, self.limits, resolve=self.resolve, build=make, texts=True)
        return request

    def respond(self, request: dict[str, Any]) -> bytes:
        before = self.counted
        if request["do"] != "object":
            reply = super().respond(request)
            if len(self.kept) >= HANDLES:
                self._forget(range(before, self.counted))  # too many came at once: the checker has none of them
            return reply
        return self._object(request, before)

    def _object(self, request: dict[str, Any], before: int) -> bytes:
        self._forget(request["drop"])
        self.libraries = frozenset(request.get("libraries", self.libraries))
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed) if request["hear"] else contextlib.nullcontext():
                found = getattr(self, "do_" + request["op"])(*request["with"])
                packed = self._pack(found) if request["op"] in DATA_ONLY else self._packed(found)
                reply = {"value": packed} | self._after()
        except KeyboardInterrupt:
            raise
        except CodecError as error:
            self._forget(range(before, self.counted))
            reply = {"unsendable": str(error)[:TEXT]}
        except BaseException as error:
            if isinstance(error, PassThrough):
                raise
            self._forget(range(before, self.counted))
            reply = {"error": self._error(error)}
        reply["printed"] = printed.getvalue()[:PRINTED]
        reply["about"] = self._about()
        return encode(reply, self.limits)

    def _forget(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.numbers.pop(id(self.kept.pop(number, None)), None)
            self.reported.discard(number)

    def do_names(self, wanted: list[str]) -> Any:
        """The student's objects of these names, those that there are; what cannot cross as data is a handle."""
        found: dict[str, Any] = {}
        for name in wanted:
            if name in self.names:
                found[name] = self._crossing(self.names[name])
        return found

    def do_call(self, target: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        self._watched = (arguments, named, self._image(arguments, named))
        self._result = target(*arguments, **named)
        return self._result

    def do_method(self, target: Any, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        return self.do_call(getattr(target, name), arguments, named)

    def do_special(self, target: Any, name: str, arguments: tuple[Any, ...]) -> Any:
        """A special method as Python's own operators look it up: on the class."""
        method = getattr(type(target), name, None)
        if method is None or not has_special(type(target), name):
            raise TypeError(f"{type(target).__name__} object has no {name}")
        found = method(target, *arguments)
        return NOT_IMPLEMENTED if found is NotImplemented else found

    def do_judge(self, target: Any, how: str, others: tuple[Any, ...]) -> Any:
        """What Python's own function says of objects that all are the student's."""
        return JUDGES[how](target, *others)

    def do_base(self, target: Any, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """A method of the plain type that the object's class extends, whatever that class makes of it."""
        return getattr(base_of(type(target)), name)(target, *arguments, **named)

    def do_array(self, target: Any) -> Any:
        return target.detach().cpu().numpy()

    def do_begin(self, target: Any) -> Any:
        """An iterator of the student's own, begun again."""
        self.iterators.pop(id(target), None)
        return iter(target)

    def do_get(self, target: Any, name: str) -> Any:
        """An attribute; a method of the object's own comes as `METHOD`, and is called by its name."""
        found = getattr(target, name)
        if type(found) in (MethodType, BuiltinMethodType) and found.__self__ is target:
            return METHOD
        return self._crossing(found)

    def do_bound(self, target: Any, name: str) -> Any:
        """A method as an object."""
        return getattr(target, name)

    def do_variables(self, target: Any) -> Any:
        held = {field.name: getattr(target, field.name) for field in compared_fields(target)} | getattr(
            target, "__dict__", {}
        )
        return {name: self._crossing(value) for name, value in held.items() if not name.startswith("__")}

    def do_set(self, target: Any, name: str, value: Any) -> None:
        setattr(target, name, value)

    def do_delete(self, target: Any, name: str) -> None:
        delattr(target, name)

    def do_dir(self, target: Any) -> list[str]:
        return [str(name) for name in dir(target)]

    def do_text(self, target: Any, how: str, form: str) -> str:
        if how == "format":
            return format(target, form)
        return str(target) if how == "str" else repr(target)

    def do_iterate(self, target: Any) -> Any:
        """A handle to a fresh iterator over `target`."""
        return _Iterator(iter(target), lazy=False)

    def do_next(self, target: Any, most: int) -> Any:
        """(items, ended) of an iterator: one made by `do_iterate`, or an object of the student's that is one itself."""
        if type(target) is not _Iterator:
            target = self.iterators.setdefault(id(target), _Iterator(target, lazy=True))
        return target.take(most)

    def do_plain(self, target: Any) -> Any:
        """The plain data that an object holds whose class extends str, int, list, ..., or the number that it is."""
        base = base_of(type(target))
        return number_of(target) if base is None else base(target)

    def do_seed(self, module: str, name: str, arguments: tuple[Any, ...]) -> None:
        """Seed a library's random numbers as the test cell did, if the student's code has loaded it."""
        if module in sys.modules:
            getattr(sys.modules[module], name)(*arguments)

    def do_signature(self, target: Any) -> Any:
        signature = inspect.signature(target)
        return [
            [parameter.name, int(parameter.kind), _shown(parameter.default), _shown(parameter.annotation)]
            for parameter in signature.parameters.values()
        ], _shown(signature.return_annotation)

    def _after(self) -> dict[str, Any]:
        """What a call changed of its own arguments, and whether its result is one of them."""
        watched, self._watched = self._watched, None
        if watched is None:
            return {}
        arguments, named, before = watched
        places: dict[Any, Any] = {**dict(enumerate(arguments)), **named}
        same = [
            place
            for place, argument in places.items()
            if argument is self._result and type(argument).__name__ in MUTABLE
        ]
        after: dict[str, Any] = {"same": same[0]} if same else {}
        changed = [place for place, image in before.items() if self._pack(places[place]) != image]
        if changed:
            after["changed"] = {place: self._pack(places[place]) for place in changed}
        self._result = None
        return after

    _watched: tuple[tuple[Any, ...], dict[str, Any], dict[Any, bytes]] | None = None
    _result: Any = None

    def _image(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> dict[Any, bytes]:
        places: dict[Any, Any] = {**dict(enumerate(arguments)), **named}
        return {place: self._pack(argument) for place, argument in places.items() if type(argument).__name__ in MUTABLE}

    def _pack(self, value: Any) -> bytes:
        return encode(value, self.limits, export=self.keep, more=self._more)

    def _packed(self, value: Any) -> bytes:
        """`value`, or a handle to the whole if it has a form that cannot cross."""
        before = self.counted
        try:
            return self._pack(value)
        except CodecError:
            if self.counted - before >= HANDLES // 2:
                raise  # too many objects: one more is no help
            return self._pack(_Whole(value))

    def _more(self, value: Any) -> tuple[str, Any] | None:
        """As `codecs.more`; what the checker has no library for is an object like any other."""
        library = type(value).__module__.partition(".")[0]
        return None if library in GATED and library not in self.libraries else more(value)

    def _crossing(self, value: Any) -> Any:
        """`value` itself if it can cross, else a handle to the whole."""
        try:
            self._pack(value)
        except (CodecError, RecursionError):
            return _Whole(value)
        return value

    def keep(self, value: Any) -> int:
        if type(value) is _Whole:
            value = value.value
        if id(value) not in self.numbers:
            if len(self.kept) >= HANDLES:
                raise CodecError(f"The answer holds more than {HANDLES:,} objects that are not plain data.")
            self.kept[self.counted] = value
            self.numbers[id(value)] = self.counted
            self.counted += 1
        number = self.numbers[id(value)]
        if number not in self.reported:
            self.reported.add(number)
            self.new.append(number)
        return number

    def resolve(self, number: int, kind: str) -> Any:
        found = super().resolve(number, kind)
        return found if number % 2 == 0 or kind == "Exposed" else _OfChecker(found)

    def _about(self) -> dict[int, Any]:
        """What the checker should know of the objects whose handles go over for the first time."""
        new, self.new = self.new, []
        return {number: about(self.kept[number]) for number in new if number in self.kept}

    def _error(self, error: BaseException) -> dict[str, Any]:
        own = {name: attribute for name, attribute in vars(error).items() if not name.startswith("_")}
        reported: dict[str, Any] = {"kinds": ancestry(type(error)), "text": _text(error), "line": own_line(error)}
        for key, value in (("arguments", list(error.args)), ("own", own)):
            with contextlib.suppress(Exception):
                reported[key] = self._pack(value)
        return reported


class _Whole:
    """Marks an object that crosses as one handle although it looks like data."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Iterator:
    """An iterator; an error that came after some items waits until these were used."""

    def __init__(self, iterator: Any, lazy: bool) -> None:
        self.iterator, self.lazy = iterator, lazy
        self.error: BaseException | None = None

    def take(self, most: int) -> tuple[list[Any], bool]:
        """(items, ended): up to `most`, fewer where the student's code takes long, so that no work is done too much."""
        items: list[Any] = []
        end_s = _now_s() + BATCH_S
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        while len(items) < most and _now_s() < end_s:
            try:
                items.append(next(self.iterator))
            except StopIteration:
                return items, True
            except Exception as error:
                if not items:
                    raise
                self.error = error
                break
        return items, False


class _OfChecker:
    """A function or object of a test cell's, as student code gets it: calls go to the checker."""

    def __init__(self, proxy: Proxy) -> None:
        self.__proxy = proxy

    def __call__(self, *arguments: Any) -> Any:
        return self.__proxy.call(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__proxy, name)


def make(kind: str, content: Any) -> Any:
    """As `values.build`, and functions of libraries by name, which only the checker sends."""
    if kind != "function":
        return build(kind, content)
    module, _, name = content.rpartition(".")
    return getattr(importlib.import_module(module), name)


def _text(error: BaseException) -> str:
    try:
        return str(error)[: 10 * TEXT]
    except Exception:
        return "its text cannot be shown"


def _shown(value: Any) -> list[Any]:
    """[kind, content] of a default or an annotation: absent, data, or its text."""
    if value is inspect.Parameter.empty:
        return ["absent", None]
    try:
        encode(value, more=more)
    except (CodecError, RecursionError):
        return ["text", inspect.formatannotation(value) if isinstance(value, type) else repr(value)[:TEXT]]
    return ["data", value]
