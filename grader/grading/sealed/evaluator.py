"""Evaluates one trusted cell: compiles it, runs it where names may be the student's, and says what it was worth.

Marks follow nbgrader's rule (an error is worth nothing, a number as the last value is the points, anything else is
full) without its accidents. No process is started here and no student code runs here.
"""

import ast
import builtins
import contextlib
import functools
import io
import linecache
import time
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

from grader.grading.analysis.name_analysis import BUILTINS, Names, called, python
from grader.grading.records import Outcome
from grader.grading.sealed.client import CELL, Client
from grader.grading.sealed.error_text import kind_of, own_text
from grader.grading.sealed.proxies import Proxied, Proxies, called_by_name
from grader.suite_kit.answer import AnswerEnded, StudentError
from grader.suite_kit.capture import TimeLimit, time_limit
from grader.suite_kit.codec import CodecError
from grader.suite_kit.points import Points, clamp

TEXT = 2_000
MARGIN_S = 1.0


class Namespace(dict[str, Any]):
    """The globals of trusted cells. A name that they do not hold is the student's.

    It is fetched once a cell; if it is data, once again after each thing that the student's code was asked to do.
    """

    def __init__(self, names: Names) -> None:
        super().__init__({"__name__": CELL, "__builtins__": builtins, "display": _display, "get_ipython": _Shell})
        self.names = names
        self.client: Client | None = None
        self.fetched: dict[str, tuple[int, Any]] = {}

    def __missing__(self, name: str) -> Any:
        if name in self.fetched:
            age, value = self.fetched[name]
            if self.client is None or age == self.client.acts or issubclass(type(value), Proxied | type):
                return value
        if name in self.names.imports and self._is_bound_there(name) and self._imported(name):
            return dict.__getitem__(self, name)
        dunder = name.startswith("__") and name.endswith("__")
        if self.client is None or dunder or (name in BUILTINS and name not in self.names.theirs):
            raise KeyError(name)
        value = called_by_name(self.client.request("names", [name])[name])
        self.fetched[name] = self.client.acts, value
        return value

    def _is_bound_there(self, name: str) -> bool:
        """Whether the student has bound a name that the answer should import: what was left out is not supplied."""
        return self.client is None or name in self.client.request("names", [name])

    def _imported(self, name: str) -> bool:
        """Whether the instructor's own import of this name could be done here."""
        try:
            exec(self.names.imports[name], self)
        except Exception:
            return False
        return dict.__contains__(self, name)

    def __contains__(self, name: object) -> bool:
        """`"answer" in globals()`: whether there is such a name, here or there."""
        if dict.__contains__(self, name):
            return True
        try:
            self.__missing__(str(name))
        except KeyError:
            return False
        return True


class Evaluator:
    """Runs trusted cells, in order, in one namespace. `use` says which session answers from now on.

    `foreign` is true while a cell runs that is no call of a suite of ours.
    """

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace
        self.foreign = False
        self.proxies: Proxies | None = None

    def use(self, client: Client) -> None:
        """The session whose names are the student's; what is known of an earlier one is forgotten."""
        self.namespace.client = client
        self.namespace.fetched.clear()
        self.proxies = Proxies(client)

    def forget(self, names: list[str]) -> None:
        """Names that the student's cell has bound again are no longer the trusted cells'."""
        for name in names:
            self.namespace.pop(name, None)

    def run(
        self, source: str, cell: str, points: float, limit_s: float, takes: Callable[[float], None] = lambda _: None,
        allowed: Collection[str] | None = None, written_back: bool = True,
    ) -> Outcome:  # fmt: skip
        """The outcome of one cell. Whatever the cell or the other side does, nothing is raised but for a kill.

        `takes` receives how long it may take: a test of a suite has a limit of its own. `allowed` and
        `written_back`: see `Client`.
        """
        client, started_s = self.namespace.client, time.monotonic()
        outcome, heard = Outcome(), io.StringIO()
        self.namespace.fetched.clear()
        if client is not None:
            client.ended, client.last_error, client.printed = None, None, 0
            client.operations_used, client.allowed = set(), None if allowed is None else frozenset(allowed)
            client.written_back, client.changed = written_back, False
        try:
            register(source, cell)
            ready = compiled(source, cell)
            test = ready.test(self.namespace)
            limit_s = test.limit_s + MARGIN_S if test is not None else limit_s
            self.foreign = test is None
            takes(limit_s)
            if client is not None:
                client.deadline_s = started_s + limit_s
            with _kept_quiet(heard), time_limit(limit_s) if test is None else contextlib.nullcontext():
                value = ready.run(self.namespace)
            _judge_value(outcome, value, points)
        except BaseException as error:
            _judge_error(outcome, error, client, cell)
        self.foreign = False
        if client is not None:
            client.take_back()
            outcome.operations_used, outcome.changed = sorted(client.operations_used), client.changed
        if client is not None and client.ended is not None and not outcome.suite:
            outcome.points, outcome.verdict, outcome.message = 0.0, client.ended.outcome, str(client.ended)
        outcome.printed = heard.getvalue()
        outcome.wall_s = time.monotonic() - started_s
        return outcome


@dataclass(frozen=True)
class Compiled:
    """A cell ready to run: its body, its last expression if it ends in one, and the suite's test that it calls."""

    body: CodeType
    last: CodeType | None
    calls: tuple[str, str]

    def run(self, namespace: dict[str, Any]) -> Any:
        """Run it; the value of the last expression, or None."""
        exec(self.body, namespace)
        return eval(self.last, namespace) if self.last is not None else None

    def test(self, namespace: dict[str, Any]) -> Any:
        """The `@graded` test of a suite that the cell consists of a call of, else None."""
        suite, test = self.calls
        found = getattr(dict.get(namespace, suite), test, None) if suite else None
        return found if isinstance(getattr(found, "limit_s", None), float) else None


def register(source: str, cell: str) -> None:
    """Lets tracebacks find the lines of a trusted cell."""
    source = python(source)
    linecache.cache[cell] = (len(source), None, source.splitlines(keepends=True), cell)
    _cells.add(cell)


_cells: set[str] = set()  # names of trusted cells, which their code has as its file


@functools.cache
def compiled(source: str, cell: str) -> Compiled:
    """The cell, magics left out. Raises `SyntaxError`."""
    source = python(source)
    tree = ast.parse(source, cell)
    calls = called(tree)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    value = compile(ast.Expression(last.value), cell, "eval") if isinstance(last, ast.Expr) else None
    return Compiled(compile(tree, cell, "exec"), value, calls)


def _judge_value(outcome: Outcome, value: Any, maximum: float) -> None:
    """nbgrader's rule: a number is the points, anything else is full; but nan and False are worth nothing."""
    if issubclass(type(value), Points) and value.report is not None:
        outcome.suite, outcome.points, outcome.verdict = True, clamp(value, maximum), value.report.verdict
        outcome.message, outcome.html, outcome.shown = value.report.text(), value._repr_html_(), repr(value)
        return
    kind = type(value)
    if issubclass(kind, Proxied):
        raise StudentError("TypeError", "the last value of the test is an object of the student's")
    if kind is bool or kind is np.bool_:
        outcome.points = maximum if value else 0.0
    elif issubclass(kind, int | float | np.number):
        outcome.points = clamp(value, maximum)
    else:
        outcome.points = maximum
    outcome.verdict = "pass" if outcome.points == maximum else "partial" if outcome.points else "fail"
    if value is not None:
        outcome.shown = repr(value)[:TEXT]
    if outcome.points < maximum:
        outcome.message = f"The test gave {outcome.points:g} of {maximum:g} points."


def _judge_error(outcome: Outcome, error: BaseException, client: Client | None, cell: str) -> None:
    outcome.line = _line_in(error, cell)
    outcome.theirs = client is not None and error is client.last_error
    outcome.kind = kind_of(error)
    if client is not None and outcome.theirs:
        outcome.text, outcome.own_line = client.last_text[:TEXT], client.last_line
    else:
        outcome.text = own_text(error, frozenset(_cells))
    outcome.message = _message(outcome, cell)
    if isinstance(error, AnswerEnded):
        outcome.verdict, outcome.message = error.outcome, str(error)
    elif isinstance(error, TimeLimit):
        outcome.verdict, outcome.message = "timeout", "The test did not end within its time."
    elif isinstance(error, MemoryError):
        outcome.verdict, outcome.message = "memory", "What the answer gave needs more memory than the test may use."
    elif outcome.theirs:
        outcome.verdict = "not attempted" if type(error) is NotImplementedError else "error"
    elif isinstance(error, CodecError):
        outcome.verdict = "error"


def _message(outcome: Outcome, cell: str) -> str:
    """What a student reads of an error: its kind, its text where that may be shown, and the lines that led to it."""
    said = f"{outcome.kind}: {outcome.text}".rstrip(": ")
    line = linecache.getline(cell, outcome.line).strip() if outcome.line else ""
    if not outcome.theirs:
        return f"{said} in the test's line: {line}" if line else said
    own = f" in the line: {outcome.own_line}" if outcome.own_line else ""
    return f"Your code raised {said}{own}" + (f"; the test's line: {line}" if line else "")


def _line_in(error: BaseException, cell: str) -> int:
    """The line of the cell in which the error arose; 0 if it did not. `traceback` would read every file on the way."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == cell:
            return trace.tb_lineno
        trace = trace.tb_next
    return 0


@contextlib.contextmanager
def _kept_quiet(heard: io.StringIO) -> Iterator[None]:
    """What a cell prints is kept; warnings and logs on stderr, which cost marks in stock nbgrader, are dropped."""
    with (
        contextlib.redirect_stdout(heard),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def _display(*_: Any, **__: Any) -> None:
    """IPython's `display` in a trusted cell: nobody looks."""


def _Shell() -> Any:
    raise NameError("get_ipython() has no meaning in a sealed test")
