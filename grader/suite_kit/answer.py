"""The one adapter: a suite talks to an *answer*, never to a student's object.

`Answer` is what a suite sees. `InKernel` is the answer that lives in the suite's own process: a student's notebook,
stock nbgrader. It writes and reads the same frames that a channel to another process would carry, so a mark cannot
depend on where it ran. `Server` is the student's side of the border: a sandboxed process runs the same one.
No criterion and nothing of one exercise may enter here.
"""

import builtins
import contextlib
import gc
import linecache
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Protocol, runtime_checkable

from grader.suite_kit import resources
from grader.suite_kit.codec import CodecError, decode, encode

HANDLES = 10_000
TEXT = 400


class StudentError(Exception):
    """What the student's code raised: class name, its text, and the line of the student's own code."""

    def __init__(self, kind: str, text: str, line: str = "") -> None:
        super().__init__(f"{kind}: {text}" if text else kind)
        self.kind, self.text, self.line = kind, text, line

    @property
    def unfinished(self) -> bool:
        """Whether it says that the code is still to be written."""
        return self.kind == "NotImplementedError"


class Handle:
    """Stands where a suite runs for an object on the student's side; only `Answer.call` can do something with it.

    Comparing or counting it raises: the student's side is never asked whether it equals an expected value.
    """

    __slots__ = ("kind", "number")

    def __init__(self, number: int, kind: str) -> None:
        self.number, self.kind = number, kind

    def __repr__(self) -> str:
        return f"<an object of type {self.kind}>"

    def _refuse(self, *_: Any) -> NoReturn:
        raise StudentError("TypeError", f"an object of type {self.kind} came where a plain value was expected")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __float__ = __int__ = _refuse
    __contains__ = __len__ = __iter__ = __hash__ = _refuse


LAZY = frozenset({"generator", "map", "filter", "zip", "enumerate", "reversed", "Index", "DatetimeIndex", "Timestamp"})


def kind_of(value: Any) -> str:
    """What a message calls the type of what an answer gave. Of an object's no name that its author chose: it could
    tell of hidden cases."""
    if not isinstance(value, Handle):
        return type(value).__name__
    return value.kind if value.kind in LAZY else "object that is no plain data"


class Exposed:
    """An object of a suite's that student code may use: only the named methods, plain data in and out."""

    def __init__(self, target: object, methods: Sequence[str]) -> None:
        self.target, self.methods = target, frozenset(methods)


@dataclass(frozen=True)
class Reply:
    """What one call gave: its value, and whether its arguments came back otherwise than they were sent.

    They come back as data and are compared here: who wants to hide a change must have kept a copy, as is asked.
    """

    value: Any
    changed: bool


class Answer(Protocol):
    """One student's answer: names that can be called, and the resources of the process that answers."""

    def call(self, target: "str | Handle", *arguments: Any, method: str = "", watch: bool = False) -> Any:
        """What the call gives, as plain data or a `Handle`; a `Reply` with `watch`. Raises `StudentError`."""

    def script(self, target: "str | Handle", operations: Sequence[tuple[str, tuple[Any, ...]]]) -> list[Any]:
        """The results of `[(method, arguments), ...]`, sent at once: for operations whose order is known."""

    def null(self, *arguments: Any) -> None:
        """The same way there and back as a call, and nothing done at the other end."""

    def uncollected(self) -> contextlib.AbstractContextManager[None]:
        """Meanwhile the answering process does not collect garbage: what that takes follows from all that it holds."""

    def untouched(self, target: str) -> bool:
        """Whether `target` is still as the exercise was released."""

    def cpu_s(self) -> float:
        """CPU seconds of the answering process so far, all threads, read from outside where there is an outside."""

    def delegated_s(self) -> float:
        """CPU seconds of processes that the answering process started, ended ones included."""

    def helpers(self) -> int:
        """Processes that the answering process started so far, as far as they were seen; it never falls."""

    def peak_mb(self) -> float:
        """The most memory that the answering process held so far, with what it started, in MB."""


class Framed:
    """What answers have in common: requests are written as frames, and `exchange` has them answered."""

    def __init__(self) -> None:
        self.exposed: list[Exposed] = []

    def call(self, target: str | Handle, *arguments: Any, method: str = "", watch: bool = False) -> Any:
        """See `Answer`."""
        reply = self.send("call", target, [[method, arguments]], watch)
        value = reply["values"][0]
        return Reply(value, not _same_data(arguments, reply["arguments"][0])) if watch else value

    def script(self, target: str | Handle, operations: Sequence[tuple[str, tuple[Any, ...]]]) -> list[Any]:
        """See `Answer`."""
        return self.send("call", target, [[method, tuple(arguments)] for method, arguments in operations])["values"]

    def null(self, *arguments: Any) -> None:
        """See `Answer`."""
        self.send("null", "", [["", arguments]])

    @contextlib.contextmanager
    def uncollected(self) -> Iterator[None]:
        """See `Answer`."""
        self.send("collect", "", [["", (False,)]])
        try:
            yield
        finally:
            self.send("collect", "", [["", (True,)]])

    def send(self, what: str, target: str | Handle, calls: list[Any], watch: bool = False) -> dict[str, Any]:
        """The reply to one request, as `Server` writes it. Raises `StudentError`, `CodecError`."""
        place = target.number if isinstance(target, Handle) else target
        request = {"do": what, "target": place, "calls": calls, "watch": watch}
        answered = self.exchange(encode(request, export=self.export))
        reply = self.read(answered)
        if "error" in reply:
            raise StudentError(*reply["error"])
        return reply

    def exchange(self, frame: bytes) -> bytes:
        """The reply frame to a request frame."""
        raise NotImplementedError

    def read(self, frame: bytes) -> dict[str, Any]:
        """What a reply frame holds."""
        reply: dict[str, Any] = decode(frame, resolve=Handle)
        return reply

    def export(self, value: Any) -> int | None:
        """A handle of the student's goes back as itself (even numbers), an `Exposed` as a proxy (odd numbers)."""
        if isinstance(value, Handle):
            return 2 * value.number
        if isinstance(value, Exposed):
            self.exposed.append(value)
            return 2 * len(self.exposed) - 1
        return None

    def serve(self, frame: bytes) -> bytes:
        """The reply frame to a call that student code made on an `Exposed` object."""
        number, method, arguments = decode(frame)
        exposed = self.exposed[number]
        if method not in exposed.methods:
            allowed = ", ".join(sorted(exposed.methods))
            return encode({"error": ["AttributeError", f"there is no {method!r}; it offers {allowed}", ""]})
        try:
            return encode({"value": getattr(exposed.target, method)(*arguments)})
        except Exception as error:
            return encode({"error": [type(error).__name__, str(error)[:TEXT], ""]})


class InKernel(Framed):
    """The answer in this process."""

    def __init__(self, names: dict[str, Any]) -> None:
        super().__init__()
        self.server = Server(names, self.serve)
        self._turn = threading.RLock()

    def serve(self, frame: bytes) -> bytes:
        with self._turn:  # threads of the student's take turns, as over a channel
            return super().serve(frame)

    def exchange(self, frame: bytes) -> bytes:
        return self.server.handle(frame)

    def untouched(self, target: str) -> bool:
        return is_starter(self.server.names.get(target))

    def cpu_s(self) -> float:
        return resources.cpu_s()

    def delegated_s(self) -> float:
        return resources.delegated_s()

    def helpers(self) -> int:
        return resources.helpers()

    def peak_mb(self) -> float:
        return resources.family_peak_mb()


class Server:
    """The student's side: holds the objects, reads a frame, does the call, writes a frame."""

    def __init__(self, names: dict[str, Any], ask: Callable[[bytes], bytes]) -> None:
        self.names, self.ask = names, ask
        self.tested = names
        self.objects: list[Any] = []
        self.collects = True
        self.numbers: dict[int, int] = {}  # by id(); the objects are kept, so no id is used twice

    def handle(self, frame: bytes) -> bytes:
        """The reply to one request. What the student's code raises is part of the reply, never raised here."""
        return self.respond(self.read(frame))

    def read(self, frame: bytes) -> dict[str, Any]:
        """What a request frame holds."""
        request: dict[str, Any] = decode(frame, resolve=self.resolve, texts=True)
        return request

    def respond(self, request: dict[str, Any]) -> bytes:
        """The reply frame to what a request frame held."""
        if request["do"] == "begin":
            return encode({"values": self._begin([name for name, _ in request["calls"]])})
        if request["do"] == "collect":
            self._collect(request["calls"][0][1][0])
        if request["do"] in ("null", "collect"):
            return encode({"values": [0.0]})
        try:
            back = {"arguments": [arguments for _, arguments in request["calls"]]} if request["watch"] else {}
            return encode({"values": self._call(request), **back}, export=self.keep)
        except KeyboardInterrupt:
            raise
        except CodecError as error:
            return encode({"error": ["TypeError", str(error)[:TEXT], ""]})
        except BaseException as error:  # SystemExit too: an exit() in an answer must not end the notebook
            if isinstance(error, PassThrough):
                raise
            return encode({"error": [type(error).__name__, _text(error), own_line(error)]})

    def _begin(self, names: Sequence[str]) -> list[bool]:
        """Forget the objects of the test before; which of the next one's `names` there are. They stand for what they
        are now, whatever they are bound to meanwhile."""
        self.objects, self.numbers = [], {}
        self.tested = {name: self.names[name] for name in names if name in self.names}
        return [name in self.tested for name in names]

    def _call(self, request: dict[str, Any]) -> list[Any]:
        place = request["target"]
        target = self.tested[place] if isinstance(place, str) else self.objects[place]
        return [(getattr(target, method) if method else target)(*args) for method, args in request["calls"]]

    def _collect(self, wanted: bool) -> None:
        """Garbage is collected from now on if it was before it was switched off, and not if it is not wanted."""
        if not wanted:
            self.collects = gc.isenabled()
            gc.disable()
        elif self.collects:
            gc.enable()

    def keep(self, value: Any) -> int:
        """The number under which an object that is no data crosses as a handle."""
        if id(value) not in self.numbers:
            if len(self.objects) >= HANDLES:
                raise CodecError(f"The answer returned more than {HANDLES:,} objects that are not plain data.")
            self.objects.append(value)
            self.numbers[id(value)] = len(self.objects) - 1
        return self.numbers[id(value)]

    def resolve(self, number: int, kind: str) -> Any:
        """The object that a handle stands for here: one of the student's, or a proxy of one of a suite's."""
        return Proxy(self.ask, (number - 1) // 2) if number % 2 else self.objects[number // 2]


class Proxy:
    """What student code holds of an `Exposed` object: calls go to the suite as data, nothing else does."""

    def __init__(self, ask: Callable[[bytes], bytes], number: int) -> None:
        self.__ask, self.__number = ask, number

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):
            raise AttributeError(method)

        def call(*arguments: Any) -> Any:
            reply = decode(self.__ask(encode((self.__number, method, arguments))))
            if "error" in reply:
                kind, text, _ = reply["error"]
                found = getattr(builtins, kind, None)
                raised = found if isinstance(found, type) and issubclass(found, Exception) else RuntimeError
                raise raised(text)
            return reply["value"]

        return call


class PassThrough(BaseException):
    """Raised inside student code by the suite itself (a time limit): no error of the student's."""


class AnswerEnded(PassThrough):
    """The process that answers gave no answer. `outcome` is one of the verdicts timeout, memory, crashed, tampered."""

    def __init__(self, outcome: str, text: str) -> None:
        super().__init__(text)
        self.outcome = outcome


class Elsewhere:
    """What a test cell holds of an object in another process: nothing is in it, and `reach` finds the answer."""

    __slots__ = ()

    @classmethod
    def reach(cls, attempts: dict[str, Any]) -> Answer:
        """The answer that knows `attempts`, objects of this class, by these names."""
        raise NotImplementedError


def forbid(modules: Sequence[str]) -> None:
    """From now on an import of one of `modules` raises ImportError: the exercise asks for what it would give."""
    if not any(isinstance(finder, ImportGuard) and finder.modules == tuple(modules) for finder in sys.meta_path):
        sys.meta_path.insert(0, ImportGuard(modules))


@contextlib.contextmanager
def nothing_forbidden() -> Iterator[None]:
    """The suite's own imports pass meanwhile."""
    guards = [finder for finder in sys.meta_path if isinstance(finder, ImportGuard)]
    sys.meta_path[:] = [finder for finder in sys.meta_path if finder not in guards]
    try:
        yield
    finally:
        sys.meta_path[:0] = guards


def is_hidden(module: str) -> bool:
    """Whether a module is a part of an exercise that no answer may import: what is hidden of it, or its bank."""
    return bool(re.match(r"grader\.suites\.\w+\.(?:hidden|bank)(?:\.|$)", module))


class ImportGuard:
    """A finder that refuses modules and what lies below them, and what `is_hidden`."""

    def __init__(self, modules: Sequence[str]) -> None:
        self.modules = tuple(modules)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if is_hidden(name) or any(name == module or name.startswith(f"{module}.") for module in self.modules):
            raise ImportError(f"this exercise asks you to write it: {name} may not be imported here")


def is_starter(target: Any) -> bool:
    """Whether every body in `target` (a function or class) is what a released exercise holds: only the stub."""
    import ast
    import inspect
    import textwrap

    members = list(vars(target).values()) if isinstance(target, type) else [target]
    functions = [member for member in members if inspect.isfunction(member)]
    try:
        trees = [ast.parse(textwrap.dedent(inspect.getsource(function))) for function in functions]
    except (OSError, TypeError, SyntaxError):
        return False
    bodies = [tree.body[0].body for tree in trees if isinstance(tree.body[0], ast.FunctionDef)]
    return bool(bodies) and all(_is_stub(body) for body in bodies)


def _is_stub(body: list[Any]) -> bool:
    import ast

    has_docstring = ast.get_docstring(ast.Module(body, [])) is not None
    rest = body[1:] if has_docstring else body
    return len(rest) == 1 and ast.unparse(rest[0]) == "raise NotImplementedError()"


def own_line(error: BaseException) -> str:
    """The last line of the student's own code that led to `error`; frames of libraries and of ours are passed over."""
    libraries = (sys.prefix, sys.base_prefix, str(Path(__file__).parent))
    found, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith(libraries) and not file.startswith("<frozen"):
            found = linecache.getline(file, trace.tb_lineno).strip() or found
        trace = trace.tb_next
    return found[:TEXT]


def _same_data(sent: Any, back: Any) -> bool:
    """Whether plain data came back as it was sent; objects that were put into it are a change."""
    with contextlib.suppress(CodecError):
        return encode(sent) == encode(back)
    return False


def _text(error: BaseException) -> str:
    try:
        return str(error)[:TEXT]
    except Exception:
        return "its text cannot be shown"


@runtime_checkable
class InReplicas(Protocol):
    """An answer that can be made in a fresh process: see `grader.grading.remote_answer`."""

    def replica(self, method: str, request: Any) -> tuple[float, str] | None: ...
