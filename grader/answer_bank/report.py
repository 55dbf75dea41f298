"""The command `mlsd bank`, and a proof as a person sees it: progress while it runs, then a table. No judging here."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.answer_bank.model import Bank, BankError, banks, load_bank
from grader.answer_bank.proof import Finding, Worth, killed, prove, worth
from grader.names import exercise_name

if TYPE_CHECKING:
    from rich.console import Console

THIN = 1.2
"""A figure that is nearer to its limit than so many times may lie on the other side on another processor."""
COLOURS = {"starter": "cyan", "reference": "cyan", "alternative": "cyan", "wrong": "yellow", "mutant": "magenta"}


def bank_command(
    name: Annotated[
        str | None,
        typer.Argument(
            parser=exercise_name, metavar="[NAME]", help="The exercise; default: every one that has a bank."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(help="Answers that run at the same time.")] = 2,
    cases: Annotated[bool, typer.Option("--cases", help="First write the public cases anew.")] = False,
) -> None:
    """Prove that a suite gives every answer of its bank exactly its points, and show what luck and mistakes get.

    Example: mlsd bank reduce_latency
    """
    from notebook_runner import course_root

    root = course_root()
    if cases and not name:
        raise BankError("--cases writes the cases of one exercise, and none is named. Write: mlsd bank --cases NAME")
    proven = [show_bank(_written(root, exercise, cases), workers) for exercise in ([name] if name else banks(root))]
    if not proven:
        raise BankError(f"{root} has no bank: banks belong to the full repository, not to a student edition.")
    if not all(proven):
        raise typer.Exit(1)


def _written(root: Path, name: str, cases: bool) -> Bank:
    """The bank of an exercise whose author has written all of it; with `cases`, its public cases are written first."""
    from grader.suite_kit.exercise import missing_cases  # with numpy, which other commands need not load

    bank = load_bank(root, name)
    if cases:
        importlib.import_module(f"grader.suites.{name}").CASES.store()
    if left := missing_cases(root, name):
        raise BankError(left)
    return bank


def show_bank(bank: Bank, workers: int = 2) -> bool:
    """Whether `bank` is proven; prints a line an answer, the rate of automatic mutants, and what to fix."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console()
    automatic = int(bank.automatic.get("most", 0))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        laid = sum(map(len, bank.lessons.values()))
        task = progress.add_task(bank.name, total=len(bank.answers) + automatic + bank.draws + laid)
        findings = prove(bank, workers, lambda finding: progress.advance(task))
        made, alive = killed(bank, workers, lambda: progress.advance(task)) if automatic else (0, [])
        measured = worth(bank, workers, lambda: progress.advance(task))
    _table(bank, findings, console)
    for finding in findings:
        for problem in finding.problems:
            console.print(f"  {finding.answer.name}: {problem}", style="red", markup=False)
    rate = 1 - len(alive) / made if made else 1.0
    if made:
        console.print(f"automatic mutants: {made - len(alive)} of {made} noticed ({rate:.0%})", markup=False)
        for mutant in alive:
            why = bank.automatic.get("survivors", {}).get(mutant, "not justified in bank.toml")
            console.print(f"  not noticed: {mutant} ({why})", markup=False)
    show_margins(bank, findings, console)
    _worth(bank, measured, console)
    justified = set(alive) <= set(bank.automatic.get("survivors", {}))
    proven = justified and not any(finding.problems for finding in findings)
    console.print(f"{bank.name}: {'proven' if proven else 'NOT proven'}", style="green" if proven else "bold red")
    return proven


def _table(bank: Bank, findings: list[Finding], console: "Console") -> None:
    from rich.markup import escape
    from rich.table import Table

    total = sum(bank.maxima.values())
    table = Table(title=f"{bank.name}, {total:g} measured points")
    for heading in ("answer", "kind", "points", "required", "CPU s", ""):
        table.add_column(heading, justify="right" if heading in ("points", "required", "CPU s") else "left")
    for finding in findings:
        answer, result = finding.answer, finding.result
        tested = sum(bank.maxima[test] for test in bank.tests(answer))
        kept = total - tested if answer.exact else 0.0  # in tests that its fault does not reach
        required = f"{sum(bank.expected(answer).values()):g}" if answer.exact else f"under {tested:g}"
        ended = not answer.exact and len(result.points) < len(bank.tests(answer)) and not result.errors
        got = f"{sum(result.points.values()) + kept:g}" + (" so far" if ended else "")
        sound = "[red]wrong[/]" if finding.problems else "[green]sound[/]"
        sound += f" in run {finding.runs}" if finding.runs > 1 else ""
        kind = f"[{COLOURS[answer.kind]}]{answer.kind}[/]"
        table.add_row(escape(answer.name), kind, got, required, f"{result.cpu_s:.1f}", sound)
    console.print(table)


def show_margins(bank: Bank, findings: list[Finding], console: "Console") -> None:
    """How far from a limit that a processor decides the answers are that meet and that miss it."""
    from rich.markup import escape
    from rich.table import Table

    found: dict[str, list[float]] = {}
    for finding in findings:
        for limit, margin in finding.result.margins.items() if finding.answer.exact else ():
            found.setdefault(limit, []).append(margin)
    table = Table(title=f"{bank.name}: what this processor decides, in times of what is required")
    for heading in ("limit", "met by at least", "missed by at least", ""):
        table.add_column(heading, justify="left" if heading in ("limit", "") else "right")
    for limit, margins in found.items():
        met = min((margin for margin in margins if margin >= 1), default=None)
        missed = max((margin for margin in margins if margin < 1), default=None)
        thin = (met or THIN) < THIN or (missed or 0) > 1 / THIN
        told = "[yellow]thin: another processor may decide otherwise[/]" if thin else ""
        table.add_row(escape(limit), *(f"{one:.2g} x" if one else "" for one in (met, missed)), told)
    if found:
        console.print(table)


def _worth(bank: Bank, measured: Worth, console: "Console") -> None:
    """What a leader of a class asks: the points of luck, of a first try, and what each lesson's mistake loses."""
    from rich.markup import escape
    from rich.table import Table

    full = sum(bank.maxima.values())
    table = Table(title=f"{bank.name}: what its {full:g} measured points are given for")
    table.add_column("answer")
    table.add_column("points", justify="right")
    table.add_column("")
    if luck := measured.luck:
        table.add_row("at random", f"{luck[len(luck) // 2]:g}", f"median of {len(luck)}; the best got {luck[-1]:g}")
    for answer in bank.answers:
        if answer.first_try:
            table.add_row(f"first try: {escape(answer.name)}", f"{sum(bank.expected(answer).values()):g}", "")
    for lesson, lost in measured.lost.items():
        each = ", ".join(f"{full - points:g} over {escape(right)}" for right, points in lost.items())
        table.add_row(f"without: {escape(lesson)}", f"{full - min(lost.values()):g}", each)
    console.print(table)
