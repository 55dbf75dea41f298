"""Checks for the cells that the reader writes: pass, fail, not attempted, error in your code.

A check is not a mark. It never raises, so that a notebook runs to its end unanswered. A lesson's cases lie in
`checks.py` of its section in `lessons`, so that nobody reads the expected values before trying.
"""

import copy
import inspect
import math
import time
from collections.abc import Callable, Mapping, Sequence
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
class Case:
    """One call: arguments, the value that must come back, its tolerance, and what known wrong values mean."""

    arguments: tuple[Any, ...]
    expected: Any
    within: float
    mistakes: Mapping[str, Any]


@dataclass(frozen=True)
class Exercise:
    """What the answer in one *your turn* cell is held against.

    `through` runs the reader's function where a case is not a call of it: it is called as through(function,
    *arguments), and what it asserts is shown to the reader.
    """

    cases: Sequence[Case]
    hint: str = ""
    through: Callable[..., Any] | None = None


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check and the message that the reader saw."""

    id: str
    outcome: str
    message: str = field(default="")


def case(
    arguments: tuple[Any, ...], expected: Any, within: float = 1e-9, mistakes: Mapping[str, Any] | None = None
) -> Case:
    """A case for `check`: calling the reader's function with `arguments` must give `expected`.

    Numbers and arrays may differ by `within`, absolute or relative. `mistakes` maps what went wrong, in words, to the
    value that this mistake gives.
    """
    if not isinstance(arguments, tuple):
        raise LessonError(f"arguments is {arguments!r}; it must be a tuple, one entry an argument. Write (x,).")
    return Case(arguments, expected, within, mistakes or {})


def check(
    id: str, attempt: Any, cases: Sequence[Case], hint: str = "", through: Callable[..., Any] | None = None
) -> CheckResult:
    """The outcome of the reader's `attempt` on `cases`, shown and kept in the reader's record.

    `attempt` is a function, or a plain value (then each case has no arguments); `through` as in `Exercise`.
    Unanswered is a function that raises NotImplementedError, or a value that is None or `...`. Arguments are copied: a
    function that changes its input is reported as such. Of cases that fail, one with a named mistake is shown. The
    hint comes at the second failure in a row.
    """
    result = _outcome(id, attempt, Exercise(cases, hint, through))
    with record() as connection:
        connection.execute("INSERT OR REPLACE INTO checks VALUES (?, ?, ?)", (id, result.outcome, time.time()))
        if result.outcome == "pass":
            connection.execute("DELETE FROM failures WHERE id = ?", (id,))
        elif result.outcome != "not attempted":
            count = (
                "INSERT INTO failures VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET count = count + 1 RETURNING count"
            )
            failures = connection.execute(count, (id,)).fetchone()["count"]
            result = replace(result, message=f"{result.message} {_hint(hint, failures)}".strip())
    show(f"{result.outcome}. {result.message}".strip(), TONES[result.outcome])
    return result


def checks(exercises: Mapping[str, Exercise]) -> Callable[[str, Any], CheckResult]:
    """The `check` of one lesson: it takes the id of one of `exercises` and the reader's attempt.

    It raises `LessonError` for an id that the lesson does not have.
    """

    def check_one(id: str, attempt: Any) -> CheckResult:
        if id not in exercises:
            raise LessonError(f"This lesson has no check {id!r}; there are {', '.join(exercises)}. Restore the name.")
        return check(id, attempt, exercises[id].cases, exercises[id].hint, exercises[id].through)

    return check_one


def _hint(hint: str, failures: int) -> str:
    if not hint:
        return ""
    return f"Hint: {hint}" if failures >= HINT_AT else "A hint comes with the next failure."


def _outcome(id: str, attempt: Any, exercise: Exercise) -> CheckResult:
    if attempt is None or attempt is ...:
        return CheckResult(id, "not attempted", UNANSWERED)
    failed = []
    for case in exercise.cases:
        verdict = _judge(attempt, case, exercise.through)
        if verdict.outcome == "not attempted":
            return CheckResult(id, verdict.outcome, verdict.message)
        if verdict.outcome != "pass":
            failed.append(verdict)
    if failed:
        reported = next((verdict for verdict in failed if verdict.named), failed[0])
        return CheckResult(id, reported.outcome, reported.message)
    return CheckResult(id, "pass", f"{len(exercise.cases)} of {len(exercise.cases)} cases agree.")


class _Verdict(NamedTuple):
    """What one case says, and whether it knows the mistake by name."""

    outcome: str
    message: str = ""
    named: bool = False


def _judge(attempt: Any, case: Case, through: Callable[..., Any] | None) -> _Verdict:
    if not callable(attempt):
        return _compare("your answer", attempt, case)
    arguments = copy.deepcopy(case.arguments)
    call = _describe_call(attempt, case.arguments, through)
    try:
        value = attempt(*arguments) if through is None else through(attempt, *arguments)
    except NotImplementedError:
        return _Verdict("not attempted", UNANSWERED)
    except Exception as error:
        if through is not None and isinstance(error, AssertionError):
            return _Verdict("fail", str(error), named=True)
        return _Verdict("error in your code", f"{call} raised {type(error).__name__}: {error}{_line_of(error)}")
    if not all(_same(left, right, 0.0) for left, right in zip(arguments, case.arguments, strict=True)):
        reported = f"{call} changed its own input. Work on a copy: the caller still needs what it passed."
        return _Verdict("fail", reported, named=True)
    if value is None and case.expected is not None:
        return _Verdict("fail", f"{call} gave None. Is a return missing?", named=True)
    return _compare(call, value, case)


def _compare(what: str, value: Any, case: Case) -> _Verdict:
    if _same(value, case.expected, case.within):
        return _Verdict("pass")
    text = f"{what} gave {_short(value)}; expected {_short(case.expected)}."
    for words, wrong in case.mistakes.items():
        if _same(value, wrong, case.within):
            return _Verdict("fail", f"{text} {words}", named=True)
    if unit := another_unit(value, case.expected, case.within):
        return _Verdict("fail", f"{text} {unit}", named=True)
    return _Verdict("fail", text)


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
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.6g}"
    if inspect.isfunction(value):  # its address would say nothing
        return value.__name__
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else text[:77] + "..."


def _line_of(error: BaseException) -> str:
    """The line of the reader's own cell in which the error arose; the last frame may lie in a library."""
    frames = inspect.getinnerframes(error.__traceback__) if error.__traceback__ else []
    own = [frame for frame in frames if "ipykernel" in frame.filename or frame.filename.startswith("<")]
    if not own or not own[-1].code_context:
        return ""
    return f" in the line: {own[-1].code_context[0].strip()}"
