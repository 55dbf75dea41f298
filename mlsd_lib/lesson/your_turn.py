"""Checks for the cells that the reader writes: pass, fail, not attempted, error in your code.

A check is not a mark. It never raises, so that a notebook runs to its end unanswered. A lesson's turns lie in
`checks.py` of its section in `lessons`: one right answer, wrong ones that explain themselves, and inputs. What is
expected is computed, and a wrong answer recognises itself in a reader's.
"""

import copy
import inspect
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from mlsd_lib.lesson.reader import LessonError, record
from mlsd_lib.lesson.show import show

HINT_AT = 2
"""The failure at which the hint is given; the one before it says so."""
UNANSWERED = "Write your answer in the cell above, run it, then run this one."
SCALES = {100: "percent and shares, cents and dollars", 1000: "ms and seconds, or thousands and ones"}
"""Factors between a right number and the same in another unit, with the units that are confused."""
TONES = {"pass": "good", "fail": "bad", "not attempted": "open", "error in your code": "bad"}


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check and the message that the reader saw."""

    id: str
    outcome: str
    message: str = field(default="")


class _Came(NamedTuple):
    """What one call gave: a value or an error, and whether it changed its arguments."""

    value: Any = None
    error: Exception | None = None
    changed: bool = False


@dataclass(frozen=True)
class Turn:
    """One *your turn*: the right answer, wrong answers whose docstrings explain them, and inputs to tell them apart.

    Each answer is called with each of `inputs`, or through(answer, *input) where `through` is there: what that
    asserts is shown to the reader. Numbers may differ by `within`, absolute or relative.
    """

    id: str
    inputs: tuple[tuple[Any, ...], ...]
    right: Callable[..., Any]
    wrong: tuple[Callable[..., Any], ...]
    hint: str
    through: Callable[..., Any] | None
    within: float

    def result(self, attempt: Any) -> CheckResult:
        """What `attempt` is, without a trace in the reader's record: compared with all answers on all inputs."""
        if attempt is None or attempt is ...:
            return CheckResult(self.id, "not attempted", UNANSWERED)
        if not callable(attempt):
            text = f"Your answer is {_short(attempt)}, no function. Keep the line that begins with def."
            return CheckResult(self.id, "fail", text)
        came = self._tried(attempt)
        with warnings.catch_warnings():  # what our own answers warn of is not the reader's
            warnings.simplefilter("ignore")
            return self._judged(attempt, came, self._tried(self.right))

    def _judged(self, attempt: Any, came: list[_Came], right: list[_Came]) -> CheckResult:
        if any(isinstance(each.error, NotImplementedError) for each in came):
            return CheckResult(self.id, "not attempted", UNANSWERED)
        failed = [n for n in range(len(came)) if came[n].changed or not self._agree(came[n], right[n])]
        if not failed:
            return CheckResult(self.id, "pass", f"{len(came)} of {len(came)} cases agree.")
        return CheckResult(self.id, *self._explained(attempt, came, right, failed))

    def _tried(self, answer: Callable[..., Any]) -> list[_Came]:
        return [self._call(answer, arguments) for arguments in self.inputs]

    def _call(self, answer: Callable[..., Any], arguments: tuple[Any, ...]) -> _Came:
        passed = copy.deepcopy(arguments)
        try:
            value = answer(*passed) if self.through is None else self.through(answer, *passed)
        except Exception as error:
            return _Came(error=error)
        same = all(_same(left, right, 0.0) for left, right in zip(passed, arguments, strict=True))
        return _Came(value, changed=not same)

    def _agree(self, one: _Came, other: _Came) -> bool:
        if one.error or other.error:
            return type(one.error) is type(other.error)
        return _same(one.value, other.value, self.within)

    def _explained(self, attempt: Any, came: list[_Came], right: list[_Came], failed: list[int]) -> tuple[str, str]:
        """Outcome and message: a promise broken, a wrong answer recognised, another unit, or the shortest input."""
        for n in failed:
            if self.through is not None and isinstance(came[n].error, AssertionError):
                return "fail", str(came[n].error)
        mistake = self._recognised(came, right)
        if mistake and mistake.on_all:
            return "fail", f"{self._said(attempt, mistake.at, came, right)} {mistake.words}"
        for n in failed:
            if slip := _slip(came[n], right[n]):
                return "fail", f"{_describe_call(attempt, self.inputs[n], self.through)} {slip}"
        if mistake:
            return "fail", f"{self._said(attempt, mistake.at, came, right)} {mistake.words}"
        for n in failed:
            if came[n].error is None and (unit := another_unit(came[n].value, right[n].value, self.within)):
                return "fail", f"{self._said(attempt, n, came, right)} {unit}"
        shortest = min(failed, key=lambda n: len(repr(self.inputs[n])))
        outcome = "error in your code" if came[shortest].error else "fail"
        return outcome, self._said(attempt, shortest, came, right)

    def _recognised(self, came: list[_Came], right: list[_Came]) -> "_Mistake | None":
        """The wrong answer that agrees with what `came` on most inputs, and wherever it differs from the right one."""
        best = None
        for wrong in self.wrong:
            tried = self._tried(wrong)
            agrees = [self._agree(*pair) for pair in zip(came, tried, strict=True)]
            telling = [n for n in range(len(tried)) if not self._agree(tried[n], right[n])]
            if all(agrees[n] for n in telling) and (best is None or sum(agrees) > best.agreements):
                best = _Mistake(explanation(wrong), telling[0], sum(agrees), all(agrees))
        return best

    def _said(self, attempt: Any, n: int, came: list[_Came], right: list[_Came]) -> str:
        call, error = _describe_call(attempt, self.inputs[n], self.through), came[n].error
        if error is not None:
            return f"{call} raised {type(error).__name__}: {error}{_line_of(error)}"
        return f"{call} gave {_short(came[n].value)}; expected {_short(right[n].value)}."


class _Mistake(NamedTuple):
    """A wrong answer's explanation, an input that shows it, on how many it agrees, and whether that is all."""

    words: str
    at: int
    agreements: int
    on_all: bool


def _slip(came: _Came, right: _Came) -> str:
    if came.changed:
        return "changed its own input. Work on a copy: the caller still needs what it passed."
    if came.error is None and came.value is None and right.value is not None:
        return "gave None. Is a return missing?"
    return ""


def explanation(answer: Any) -> str:
    """The docstring of a turn or of one of its wrong answers, as one line."""
    return " ".join((answer.__doc__ or "").split())


class Turns:
    """The `check` of a section's lessons, and its turns by id.

        check = Turns()

        @check.turn("doubled", (2,), (3,))
        class Doubled:
            "Take the number twice."
            def right(number):
                return 2 * number
            def squares(number):
                "That is the square, not the double."
                return number**2

    `right` is the answer that the folded solution shows, every other function a wrong one, and the docstring of the
    class the hint. Each input is a tuple, one entry an argument.
    """

    def __init__(self) -> None:
        self.by_id: dict[str, Turn] = {}

    def turn(
        self, id: str, *inputs: tuple[Any, ...], through: Callable[..., Any] | None = None, within: float = 1e-9
    ) -> Callable[[type], type]:
        """A decorator for the class that holds the turn's answers; `through` and `within` as in `Turn`.

        Raises `LessonError` where no answer is called right, a wrong one is not explained, or an input is no tuple.
        """

        def register(answers: type) -> type:
            wrong = {name: value for name, value in vars(answers).items() if inspect.isfunction(value)}
            right = wrong.pop("right", None)
            if right is None:
                raise LessonError(f"The turn {id!r} has no function right. Write the right answer under that name.")
            for name, answer in wrong.items():
                if not explanation(answer):
                    raise LessonError(f"{name} of the turn {id!r} has no docstring. Say there what is wrong with it.")
            for arguments in inputs:
                if not isinstance(arguments, tuple):
                    raise LessonError(f"The turn {id!r} has the input {arguments!r}; it must be a tuple. Write (x,).")
            self.by_id[id] = Turn(id, inputs, right, tuple(wrong.values()), explanation(answers), through, within)
            return answers

        return register

    def __call__(self, id: str, attempt: Any) -> CheckResult:
        """The outcome of the reader's `attempt` at the turn `id`, shown and kept in the reader's record.

        It never raises but for an id that the lesson does not have (`LessonError`). Unanswered is a function that
        raises NotImplementedError, None or `...`. Arguments are copied: a function that changes its input is reported
        as such. The hint comes at the second failure in a row.
        """
        if id not in self.by_id:
            raise LessonError(f"This lesson has no check {id!r}; there are {', '.join(self.by_id)}. Restore the name.")
        return _kept(self.by_id[id].result(attempt), self.by_id[id].hint)


def _kept(result: CheckResult, hint: str) -> CheckResult:
    """The result with what it says of the hint, shown and kept in the reader's record."""
    with record() as connection:
        connection.execute("INSERT OR REPLACE INTO checks VALUES (?, ?, ?)", (result.id, result.outcome, time.time()))
        if result.outcome == "pass":
            connection.execute("DELETE FROM failures WHERE id = ?", (result.id,))
        elif result.outcome != "not attempted":
            count = (
                "INSERT INTO failures VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET count = count + 1 RETURNING count"
            )
            failures = connection.execute(count, (result.id,)).fetchone()["count"]
            result = replace(result, message=f"{result.message} {_hint(hint, failures)}".strip())
    show(f"{result.outcome}. {result.message}".strip(), TONES[result.outcome])
    return result


def _hint(hint: str, failures: int) -> str:
    if not hint:
        return ""
    return f"Hint: {hint}" if failures >= HINT_AT else "A hint comes with the next failure."


def another_unit(value: Any, expected: Any, within: float, asked: str = "") -> str:
    """What to say of a `value` that is `expected` in another unit, for which it may differ by `within`; else empty.

    `asked`: the unit that is asked for, in words.
    """
    import numpy as np

    with suppress(TypeError, ValueError):  # no numbers
        numbers = np.asarray(expected)
        if numbers.dtype.kind not in "iuf" or not numbers.any():
            return ""
        for factor, confused in SCALES.items():
            for scale, way in ((factor, "small"), (1 / factor, "large")):
                if _same(np.multiply(value, scale), numbers, within):
                    unit = f"The question asks for {asked}." if asked else "Read again which unit is asked for."
                    return f"That is {factor} times too {way}, as where {confused} are confused. {unit}"
    return ""


def _same(value: Any, expected: Any, within: float) -> bool:
    import numpy as np

    if isinstance(expected, str | bool | type(None)):
        return (type(value) is type(expected) and value == expected) or _is_numpy_bool(value, expected)
    if isinstance(expected, dict):
        return (
            isinstance(value, dict)
            and value.keys() == expected.keys()
            and all(_same(value[key], expected[key], within) for key in expected)
        )
    try:
        left, right = np.asarray(value), np.asarray(expected)
        if left.shape != right.shape:
            return False
        if right.dtype.kind in "iufc":
            wide = left.astype(complex), right.astype(complex)
            return bool(np.allclose(*wide, rtol=within, atol=within, equal_nan=True))
        return bool(np.all(left == right))
    except (TypeError, ValueError):  # rows of different lengths, or numbers beside lists, make no array
        return _same_entries(value, expected, within)


def _same_entries(value: Any, expected: Any, within: float) -> bool:
    if not isinstance(expected, list | tuple) or not isinstance(value, list | tuple) or len(value) != len(expected):
        return False
    return all(_same(left, right, within) for left, right in zip(value, expected, strict=True))


def _is_numpy_bool(value: Any, expected: Any) -> bool:
    return isinstance(expected, bool) and type(value).__name__ in ("bool", "bool_") and bool(value) == expected


def _describe_call(function: Callable[..., Any], arguments: tuple[Any, ...], through: Callable[..., Any] | None) -> str:
    name = getattr(function, "__name__", "your function")
    shown = [_short(argument) for argument in arguments]
    return f"{name}({', '.join(shown)})" if through is None else f"{through.__name__}({', '.join([name, *shown])})"


def _short(value: Any) -> str:
    if inspect.isfunction(value):  # its address would say nothing
        return value.__name__
    text = f"{value:.6g}" if isinstance(value, float) else " ".join(repr(_rounded(value)).split())
    return text if len(text) <= 80 else text[:77] + "..."


def _rounded(value: Any) -> Any:
    """Numbers to six digits, in tuples and lists too; everything else as it is."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    return type(value)(map(_rounded, value)) if type(value) in (list, tuple) else value


def _line_of(error: BaseException) -> str:
    """The line of the reader's own cell in which the error arose; the last frame may lie in a library."""
    frames = inspect.getinnerframes(error.__traceback__) if error.__traceback__ else []
    own = [frame for frame in frames if "ipykernel" in frame.filename or frame.filename.startswith("<")]
    if not own or not own[-1].code_context:
        return ""
    return f" in the line: {own[-1].code_context[0].strip()}"
