"""A test's criteria, and the table that a student reads: measured, required, points, and why it matters.

A suite's test is a function `(sheet, answer...)` under `@graded`. Whatever happens in it, the test cell gets `Points`:
an error of the student's code is a line of the table, and nothing reaches stderr. No measurement may enter here.
"""

import builtins
import functools
import html
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from grader.suite_kit.answer import Answer, AnswerEnded, Elsewhere, InKernel, StudentError
from grader.suite_kit.capture import TimeLimit, quiet, time_limit
from grader.suite_kit.codec import CodecError
from grader.suite_kit.points import Points, clamp

if TYPE_CHECKING:
    from grader.suite_kit.families import Family  # with pydantic, which a worker that judges needs not load

WIDTH = 80
NO_ANSWER = "What your code gave is no plain data that a test can read."
ENDED = {
    "timeout": "Your code did not come to an end in its time.",
    "memory": "Your code used more memory than it may.",
    "crashed": "The process of your code ended in this test.",
    "tampered": "The process of your code sent what is no answer.",
}

_ENDS_AT_A_LOSS = ContextVar("_ENDS_AT_A_LOSS", default=False)


class _Lost(BaseException):
    """A criterion with points was missed, and nobody asks for the others."""


@contextmanager
def ended_at_a_loss() -> Iterator[None]:
    """Meanwhile a test ends at the first criterion that loses points: who only asks whether any are lost, waits less.

    Not for a test that judges a criterion again, as one with a clock may.
    """
    before = _ENDS_AT_A_LOSS.set(True)
    try:
        yield
    finally:
        _ENDS_AT_A_LOSS.reset(before)


@dataclass(frozen=True)
class Criterion:
    """One row: what was measured and required, whether that was met, its points; and what it means where it was not.

    A row worth 0 points is a condition of the others. `margin`, of a figure that a processor decides: how many times
    better than required it is, below 1 if worse.
    """

    name: str
    measured: str
    required: str
    met: bool
    maximum: float
    did: str = ""
    production: str = ""
    read: str = ""
    margin: float | None = None

    @property
    def points(self) -> float:
        return self.maximum if self.met else 0.0


@dataclass
class Sheet:
    """What one test found out so far. `outcome` is one of the verdicts of `grader.grading.records`.

    `private` is set where hidden cases are used, before the student's code meets them: text that this code made up is
    then not shown, for it could carry a hidden input out. That is any text of its process: also the line of an error,
    and what is wrong with a reply.
    """

    test: str
    maximum: float
    criteria: list[Criterion] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    outcome: str = ""
    private: bool = False
    families: "Mapping[str, Family]" = field(default_factory=dict)

    def censored(self, text: str) -> str:
        """`text` that comes from the student's code, or what stands in its place where it may not be shown."""
        return "(not shown)" if self.private else text

    def raised(self, error: StudentError) -> str:
        """What the student's code raised, in words; where text is private, only the name of a builtin exception."""
        if self.private:
            builtin = isinstance(getattr(builtins, error.kind, None), type)
            return error.kind if builtin else "an exception of your own"
        return f"{error} in the line: {error.line}" if error.line else str(error)

    def tried(self, call: Callable[[], Any]) -> tuple[Any, str]:
        """What a call of the student's code gave, or what it raised, in words. Raises what is still to be written."""
        try:
            return call(), ""
        except StudentError as error:
            if error.unfinished:
                raise
            return None, self.raised(error)

    def criterion(self, name: str, measured: str, required: str, met: bool, maximum: float, **why: str) -> None:
        """Adds a row, worth `maximum` points if `met`. `why` is shown if not: `did`, `production`, `read`."""
        self._add(Criterion(name, measured, required, bool(met), maximum, margin=None, **why))

    def _add(self, row: Criterion) -> None:
        self.criteria.append(row)
        if _ENDS_AT_A_LOSS.get() and not row.met and row.maximum:
            raise _Lost

    def judge(
        self, family: str, measured: str, required: str, met: bool, did: str = "", title: str = "",
        points: float | None = None, explained: bool = True, in_production: bool = True, margin: float | None = None,
    ) -> None:  # fmt: skip
        """Adds the row of a family; `title` and `points` if it has several, not `explained` if another row says why.

        Without `in_production` only `did` is said: the figure itself is right, so what a wrong one causes is not so.
        """
        entry = self.families[family]
        why = {"did": did} if explained else {}
        if explained and in_production:
            why |= {"production": entry.production, "read": entry.read}
        worth = entry.points if points is None else points
        self._add(Criterion(title or entry.title, measured, required, bool(met), worth, margin=margin, **why))

    def end(self, outcome: str, note: str) -> None:
        """States the verdict of the whole test, with one sentence."""
        self.outcome = outcome
        self.notes.append(note)

    @property
    def points(self) -> float:
        return clamp(sum(criterion.points for criterion in self.criteria), self.maximum)

    @property
    def verdict(self) -> str:
        if self.outcome:
            return self.outcome
        return "pass" if self.points == self.maximum else "partial" if self.points else "fail"

    def explanations(self) -> list[str]:
        """The sentences below the table, each once, in order."""
        return [*dict.fromkeys(self.notes), *(line for lines in self.missed().values() for line in lines)]

    def missed(self) -> dict[str, list[str]]:
        """What is said of each row that was not met, by its name; what several have in common, with the first alone."""
        said, found = set(self.notes), dict[str, list[str]]()
        for criterion in (criterion for criterion in self.criteria if not criterion.met):
            lines = [
                criterion.did,
                f"In production: {criterion.production}" * bool(criterion.production),
                f"Read: {criterion.read}" * bool(criterion.read),
            ]
            new = [line for line in dict.fromkeys(lines) if line and line not in said]
            said.update(new)
            if new:
                found.setdefault(criterion.name, []).extend(new)
        return found

    def text(self) -> str:
        """The table for a terminal, at most 80 columns."""
        title = f"{self.test}: {self.verdict}"
        total = f"{self.points:g} of {self.maximum:g} points"
        lines = [f"{title}{total:>{WIDTH - len(title)}}"]
        if self.criteria:
            rows = [("criterion", "measured", "required", "points"), *(_row(criterion) for criterion in self.criteria)]
            lines += [line for row in rows for line in _columns(row)]
        lines += [line for note in dict.fromkeys(self.notes) for line in _wrapped(note, 2)]
        for name, sentences in self.missed().items():
            lines += [*_wrapped(name, 2), *(line for sentence in sentences for line in _wrapped(sentence, 4))]
        return "\n".join(lines)

    def html(self) -> str:
        """The table for a notebook; everything in it is escaped."""
        rows = "".join(_html_row(criterion) for criterion in self.criteria)
        head = "".join(f'<th style="{_CELL}">{name}</th>' for name in _HEAD)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
        said = "".join(_html_lines([html.escape(_plain(note))]) for note in dict.fromkeys(self.notes))
        for name, lines in self.missed().items():
            said += _html_lines([f"<b>{html.escape(_plain(name))}</b>", *(html.escape(_plain(line)) for line in lines)])
        title = f"<b>{html.escape(self.test)}</b>: {html.escape(self.verdict)}"
        total = f"{self.points:g} of {self.maximum:g} points"
        head = f'<p style="margin:.2em 0">{title}, {total}</p>'
        return f'<div class="mlsd-points" style="padding:.4em .8em">{head}{table}{said}</div>'


def graded(
    name: str, maximum: float, limit_s: float = 120.0, families: "Mapping[str, Family]" = MappingProxyType({}),
    after: Callable[[Sheet], None] = lambda sheet: None,
) -> Callable[[Callable[..., None]], Callable[..., Points]]:  # fmt: skip
    """Makes a test of a suite: a function of a `Sheet` and an `InKernel` that holds what the test cell passed, by name.

    The test gets the student's objects by keyword or position, as its cell passes them, and never raises but for an
    interrupt. `limit_s` is the wall time after which the verdict is *timeout*; `after` gets the sheet at the end.
    """

    def wrap(test: Callable[..., None]) -> Callable[..., Points]:
        @functools.wraps(test)
        def run(*attempts: Any) -> Points:
            sheet = Sheet(name, maximum, families=families)
            with quiet() as heard:
                _judge(test, sheet, attempts, limit_s)
            points = Points(sheet.points, maximum, sheet)
            if points < maximum:
                _note_what_was_printed(sheet, heard.getvalue())
                if os.environ.get("NBGRADER_EXECUTION") == "validate":
                    print(sheet.text(), file=sys.stderr)
            after(sheet)
            return points

        run.limit_s = limit_s  # type: ignore[attr-defined]
        return run

    return wrap


def _judge(test: Callable[..., None], sheet: Sheet, attempts: tuple[Any, ...], limit_s: float) -> None:
    names = {_name(attempt): attempt for attempt in attempts}
    answer = _answer(names)
    if any(answer.untouched(name) for name in names):
        sheet.end("not attempted", "Write your answer in its cell, run that cell, then run this one.")
        return
    try:
        with time_limit(limit_s):
            test(sheet, answer, *names)
    except _Lost:
        sheet.end("fail", "The test ended at the first criterion that lost points: no others were asked for.")
    except TimeLimit:
        sheet.end("timeout", f"Your code still ran after {limit_s:g} s; the criteria that follow were not measured.")
    except AnswerEnded as ended:
        sheet.end(ended.outcome, ENDED.get(ended.outcome, NO_ANSWER) if sheet.private else str(ended))
    except StudentError as error:
        _note_error(sheet, error)
    except CodecError as error:
        sheet.end("error", NO_ANSWER if sheet.private else str(error))
    except Exception as error:
        text = "" if sheet.private else f": {error}"
        sheet.end("error", f"The test itself failed ({type(error).__name__}{text}). No fault of yours: report it.")


def _answer(names: dict[str, Any]) -> Answer:
    """Where the student's objects are: in another process if the grader passed what stands for them, else here."""
    for attempt in names.values():
        if issubclass(type(attempt), Elsewhere):
            return type(attempt).reach(names)
    return InKernel(names)


def _note_error(sheet: Sheet, error: StudentError) -> None:
    if error.unfinished:
        sheet.end("not attempted", f"A part of your answer is still to be written: {sheet.raised(error)}")
    else:
        sheet.end("error", f"Your code raised {sheet.raised(error)}")


def _note_what_was_printed(sheet: Sheet, said: str) -> None:
    lines = [line for line in said.splitlines() if line.strip()]
    if lines and not sheet.private:
        sheet.notes.append(f"Your code printed meanwhile: {lines[-1][:200]}")


def _name(attempt: Any) -> str:
    name = getattr(attempt, "__name__", "")
    return name if isinstance(name, str) and name else type(attempt).__name__


_HEAD = ("criterion", "measured", "required", "points")
_CELL = "text-align:left;padding:.2em .8em"  # inline: feedback pages carry no style sheet of ours
_WIDTHS = (35, 18, 15, 6)


def _row(criterion: Criterion) -> tuple[str, str, str, str]:
    points = f"{criterion.points:g} / {criterion.maximum:g}" if criterion.maximum else ""
    return criterion.name, criterion.measured, criterion.required, points


def _columns(row: tuple[str, ...]) -> list[str]:
    """One row of the table as lines: long cells are wrapped in their column."""
    cells = [textwrap.wrap(_plain(cell), width) or [""] for cell, width in zip(row, _WIDTHS, strict=True)]
    lines = []
    for i in range(max(map(len, cells))):
        parts = [cell[i] if i < len(cell) else "" for cell in cells]
        lines.append(("  " + " ".join(f"{part:<{width}}" for part, width in zip(parts, _WIDTHS, strict=True))).rstrip())
    return lines


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(_plain(text), WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent)


def _html_lines(lines: list[str]) -> str:
    return f"<p style='margin:.6em 0'>{'<br>'.join(lines)}</p>"


def _html_row(criterion: Criterion) -> str:
    cells = "".join(f'<td style="{_CELL}">{html.escape(_plain(cell))}</td>' for cell in _row(criterion))
    return f'<tr style="font-weight:{"normal" if criterion.met else "bold"}">{cells}</tr>'


def _plain(text: str) -> str:
    """Text without control characters: a student's output must not drive a terminal."""
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text)
