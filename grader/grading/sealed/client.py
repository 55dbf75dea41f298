"""The checker's end of the channel: writes requests, holds every reply to its form, turns errors into exceptions.

What it gives is plain data, or a number with what the other side says of the object behind it; nothing that comes from
there is believed beyond its form. How a test cell uses such an object stands in `grader.grading.sealed.proxies`.
"""

import builtins
import collections
import sys
import time
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from grader.grading.sealed.codecs import GATED, CannotBuild, build, default_dict, more, named_tuple
from grader.grading.sealed.object_description import BASES, NUMBER
from grader.suite_kit.answer import HANDLES, AnswerEnded, Exposed, Framed, StudentError
from grader.suite_kit.codec import LIMITS, CodecError, Limits, decode, encode

PATIENCE_S = 30.0
LIBRARIES = ("builtins", "math", "operator", "numpy")  # their functions cross by name, from here to there
CELL = "__main__"  # the module in which test cells run
ANCESTORS = 40
BASE_NAMES = frozenset({NUMBER, *(base.__name__ for base in BASES)})
PRINTED = 2_000_000  # characters that a cell hears of what student code prints
READ_ONLY_OPERATIONS = frozenset({"names", "dir", "signature"})  # what changes nothing on the other side
STUDENTS_ERRORS = 200
LEARNING = "*"  # among `allowed`: the instructor's own answer is at work, what it is asked may be asked
_now_s = time.monotonic
Kind = tuple[str, str]
# Errors by which a loop or a test runner is asked to stop: none of the student's may reach those of the checker.
STEERING = (StopIteration, StopAsyncIteration, GeneratorExit)
RUNNERS = frozenset({"unittest", "_pytest", "pytest", "doctest", "hypothesis", "grader"})


class NotPlainData(Exception):
    """An object of the student's came where a test expected data. Its text is ours.

    No `TypeError`, as which it is shown: a test that expects one must not take this for it.
    """


class SessionLike(Protocol):
    """What a client needs of `grader.sandbox.Session`."""

    def ask(self, frame: bytes, timeout_s: float, serve: Callable[[bytes], bytes] | None = None) -> bytes: ...

    def cpu_s(self) -> float: ...

    def delegated_s(self) -> float: ...

    def helpers(self) -> int: ...

    def peak_mb(self) -> float: ...


@dataclass(frozen=True)
class About:
    """What the student's side says of an object: the class and its ancestors as (module, name), and what it offers.

    `own` is the same for an object that is itself a class, `module` the name of one that is a module, `base` the type
    of plain data that its class extends or "number", `overrides` the special methods of that type that the class
    defines anew, `hashed` "own", "identity" or "". Used to be convenient, never to decide.
    """

    kinds: tuple[Kind, ...]
    own: tuple[Kind, ...] = ()
    specials: frozenset[str] = frozenset()
    fields: tuple[str, ...] = ()
    module: str = ""
    base: str = ""
    overrides: frozenset[str] = frozenset()
    hashed: str = ""
    equals: bool = False
    lazy: bool = False
    raised: bool = False

    @property
    def name(self) -> str:
        """The name of its class."""
        return self.kinds[0][1].rpartition(".")[2]


class Client(Framed):
    """The channel to one session. `find` gives what stands in a test cell for an object by its number.

    `starters` are names that are still as they were released. `deadline_s`, on the monotonic clock, bounds every
    question. Once the other side gave no answer, `ended` says so. `acts` counts what may have changed something there.
    `methods` are names of methods by class, `lent` numbers of objects that a suite's test holds handles of.
    `operations_used` are names of methods and operators by which the cell gave data to objects of the student's or
    asked them what decides. `allowed` are those by which it may. None: any that gives data, none whose answer decides.
    With `LEARNING` among them: any. `written_back`: arguments that the student's code changed are changed here too;
    `changed`: some were.
    """

    def __init__(self, session: SessionLike, limits: Limits = LIMITS) -> None:
        super().__init__(limits)
        self.session = session
        self.deadline_s = _now_s() + PATIENCE_S
        self.ended: AnswerEnded | None = None
        self.about: dict[int, About] = {}
        self.released: list[int] = []
        self.lent: set[int] = set()
        self.operations_used: set[str] = set()
        self.allowed: frozenset[str] | None = None
        self.written_back, self.changed = True, False
        self.methods: set[tuple[Kind, str]] = set()
        self.acts = 0
        self.libraries: list[str] | None = None  # as the other side last received them
        self.printed = 0
        self.starters: frozenset[str] = frozenset()
        self.errors: dict[Kind, type[BaseException]] = {}
        self.last_error: BaseException | None = None
        self.last_line = self.last_text = ""  # of that error, by the other side's word
        self.find: Callable[[int], Any] = _no_object
        self.number_of: Callable[[Any], int | None] = _no_number
        self.in_use: Callable[[int], bool] = lambda number: False

    def exchange(self, frame: bytes) -> bytes:
        from grader.sandbox.session import SessionDead

        try:
            return self.session.ask(frame, max(0.05, self.deadline_s - _now_s()), self.serve_safely)
        except SessionDead as dead:
            self.ended = AnswerEnded(dead.verdict, str(dead))
            raise self.ended from None

    def request(self, op: str, *arguments: Any, hear: bool = False) -> Any:
        """What the student's side gives for one operation of `ObjectServer`, after its printed output was printed."""
        return self.ask(op, *arguments, hear=hear)[0]

    def ask(self, op: str, *arguments: Any, hear: bool = False) -> tuple[Any, dict[str, Any]]:
        """The same, with the whole reply."""
        self.acts += op not in READ_ONLY_OPERATIONS
        drop, self.released = self.released, []
        for number in drop:
            self.about.pop(number, None)
        reported = {"do": "object", "op": op, "with": list(arguments), "hear": hear, "drop": drop}
        loaded = [name for name in GATED if name in sys.modules]
        if loaded != self.libraries:
            reported["libraries"] = self.libraries = loaded
        reply = self.read_object(self.exchange(encode(reported, self.limits, export=self.export, more=_more)))
        self.printed += len(reply["printed"])
        if reply["printed"] and self.printed <= PRINTED:
            print(reply["printed"], end="")
        if "unsendable" in reply:
            raise self.unusable(f"What your code gave cannot be sent to the test: {reply['unsendable']}")
        if "error" in reply:
            error = self.raised(reply["error"])
            if isinstance(error, STEERING) and op != "next":
                raise RuntimeError(f"the student's code raised {type(error).__name__}") from error
            raise error
        return self.unpack(reply["value"]), reply

    def take_back(self) -> None:
        """The test of a suite is over: the other side may forget the objects that it held, as a kernel would."""
        self.released += [number for number in self.lent if not self.in_use(number)]
        self.lent.clear()

    def unpack(self, packed: Any) -> Any:
        """The value of a frame within a reply."""
        if type(packed) is not bytes:
            raise self.refused("a value is not where it belongs")
        try:
            return decode(packed, self.limits, resolve=self.resolve, build=build)
        except CannotBuild as error:
            raise self.unusable(f"What your code gave cannot be read by the test: {error}") from None
        except CodecError as error:
            raise self.refused(str(error)) from None

    def read_object(self, frame: bytes) -> dict[str, Any]:
        """A reply, held to its form; what it says of new objects is noted."""
        try:
            reply = decode(frame, self.limits)
            reported = reply["about"]
            if type(reply["printed"]) is not str or type(reported) is not dict:
                raise CodecError("a part of it is missing")
            for number, description in reported.items():
                self._note(number, description)
        except (CodecError, KeyError, TypeError, ValueError) as error:
            raise self.refused(f"{error}") from None
        return reply

    def resolve(self, number: int, kind: str) -> Any:
        """What stands here for an object of the student's."""
        if number not in self.about:
            raise CodecError("it names an object that does not exist")
        return self.find(number)

    def export(self, value: Any) -> int | None:
        number = self.number_of(value)
        if number is not None:
            return 2 * number
        given = super().export(value)
        if given is None and (exposed := _exposed(value)) is not None:
            return super().export(exposed)
        return given

    def serve_safely(self, frame: bytes) -> bytes:
        """The reply to a call on an exposed object; whatever student code may send, nothing is raised here."""
        try:
            return self.serve(frame)
        except Exception as error:
            return encode({"error": ["TypeError", f"the call was refused ({type(error).__name__})", ""]})

    def refused(self, why: str) -> AnswerEnded:
        """The end of a cell whose answer sent something that is no answer."""
        self.ended = AnswerEnded("tampered", f"The process of the answer sent what is no answer: {why[:200]}")
        return self.ended

    def unusable(self, why: str) -> AnswerEnded:
        """The end of a cell whose answer gave a value that is honest for all we know and cannot be used here."""
        self.ended = AnswerEnded("error", why[:1_000])
        return self.ended

    def raised(self, reported: Any) -> BaseException:
        """The exception that a test cell meets for an error of the student's code: the same class by name."""
        try:
            kinds = _kinds(reported["kinds"])
            text, line = str(reported["text"]), str(reported["line"])
            arguments = self.unpack(reported["arguments"]) if "arguments" in reported else [text]
            own = self.unpack(reported["own"]) if "own" in reported else {}
        except (KeyError, TypeError, ValueError, CodecError):
            return self.refused("an error is damaged")
        error = self._made(kinds, text, list(arguments) if isinstance(arguments, list) else [text])
        for name, value in (own if isinstance(own, dict) else {}).items():
            if isinstance(name, str) and name.isidentifier() and not name.startswith("_"):
                try:
                    setattr(error, name, value)
                except Exception:
                    continue
        self.last_error, self.last_line, self.last_text = error, line, text
        return error

    def error_class(self, kinds: tuple[Kind, ...]) -> type[BaseException] | None:
        """The class here for an exception class there: a known one by name, else one made from the next known."""
        known = trusted_class(kinds[0]) if kinds else None
        if known is not None or not kinds:
            return known if known is not None and issubclass(known, Exception | SystemExit) else None
        if kinds[0] not in self.errors:
            above = self.error_class(kinds[1:])
            if above is None or len(self.errors) >= STUDENTS_ERRORS:
                return None
            module, name = kinds[0]
            self.errors[kinds[0]] = type(name.rpartition(".")[2], (above,), {"__module__": module})
        return self.errors[kinds[0]]

    def _made(self, kinds: tuple[Kind, ...], text: str, arguments: list[Any]) -> BaseException:
        found = self.error_class(kinds)
        if found is None:
            return StudentError(kinds[0][1], text)
        try:
            error = found.__new__(found, *arguments)
            error.args = tuple(arguments)
            return error
        except Exception:
            return StudentError(kinds[0][1], text)

    def _note(self, number: Any, reported: Any) -> None:
        if type(number) is not int or not 0 <= number < 2**31 or type(reported) is not dict:
            raise CodecError("it describes an object that has no number")
        if len(self.about) >= HANDLES:
            raise CodecError(f"it holds more than {HANDLES:,} objects that are not plain data")
        self.about[number] = About(
            kinds=_kinds(reported["kinds"]),
            own=_kinds(reported["own"]) if reported.get("own") else (),
            specials=frozenset(map(str, reported["specials"])),
            fields=tuple(map(str, reported.get("fields", ()))),
            module=str(reported.get("module", "")),
            base=str(reported.get("base", "")) if reported.get("base") in BASE_NAMES else "",
            overrides=frozenset(map(str, reported.get("overrides", ()))),
            hashed=str(reported.get("hashed", "")),
            equals=reported["equals"] is not False,
            lazy=reported.get("lazy") is True,
            raised=reported.get("raised") is True,
        )


def trusted_class(kind: Kind) -> type | None:
    """The class of this module and name if it is one that the checker has loaded itself."""
    module, name = kind
    if module == CELL or module.partition(".")[0] in RUNNERS or not name.isidentifier():
        return None
    if (module, name) in _SPECIAL:
        return _SPECIAL[module, name]
    found = vars(sys.modules[module]).get(name) if module in sys.modules else None
    return found if isinstance(found, type) else None


def _kinds(reported: Any) -> tuple[Kind, ...]:
    found = tuple((str(module)[:200], str(name)[:200]) for module, name in reported[:ANCESTORS])
    if not found:
        raise CodecError("an object has no class")
    return found


def _no_object(number: int) -> Any:
    raise CodecError("it holds an object where only data is allowed")


def _no_number(value: Any) -> int | None:
    return None


class _Called:
    def __init__(self, function: Callable[..., Any]) -> None:
        self.call = function


def _exposed(value: Any) -> Exposed | None:
    """A function or object of a test cell's as the student's code may use it: with plain data, for plain data."""
    if callable(value) and not isinstance(value, type):
        return Exposed(_Called(value), ["call"])
    own = [ancestor for ancestor in type(value).__mro__ if ancestor.__module__ == CELL]
    methods = [
        name for ancestor in own for name, made in vars(ancestor).items() if callable(made) and not name.startswith("_")
    ]
    return Exposed(value, methods) if methods else None


def _more(value: Any) -> tuple[str, Any] | None:
    """As `codecs.more`, functions of libraries by name, and what a cell's own class adds to data left out."""
    kind = type(value)
    if kind is types.BuiltinFunctionType or kind is np.ufunc:
        module, name = getattr(value, "__module__", None) or "numpy", str(value.__name__)
        if module in LIBRARIES and vars(sys.modules[module]).get(name) is value:
            return "function", f"{module}.{name}"
    if kind is collections.defaultdict:
        return default_dict(value)
    return more(value) or (named_tuple(value) if issubclass(kind, tuple) else None)


_SPECIAL: dict[Kind, type] = {
    ("builtins", "function"): type(_exposed),
    ("builtins", "builtin_function_or_method"): type(len),
    ("builtins", "module"): type(builtins),
    ("builtins", "generator"): type(_ for _ in ()),
}
