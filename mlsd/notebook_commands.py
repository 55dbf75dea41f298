"""The commands `mlsd notebooks` and `mlsd check`: what there is, is it in form, does it run.

Imported by every `mlsd --help`: nothing heavy at the top.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from notebook_runner.course import Notebook
    from notebook_runner.execution import OnCell
    from notebook_runner.result import Result

Paths = Annotated[list[Path] | None, typer.Argument(help="Notebooks, folders or names; without any, all.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("notebooks", rich_help_panel="Notebooks")(notebooks)
    app.command("check", rich_help_panel="Notebooks")(check)


def notebooks(
    paths: Paths = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write form, solutions, minutes, head and foot; a copy is kept.")
    ] = False,
    check_form: Annotated[bool, typer.Option("--check", help="Name what keeps each from being committed.")] = False,
) -> None:
    """List the notebooks in reading order, or check and fix the form in which they are committed.

    That form is a rule for authors; `mlsd check` runs a notebook in any. What --fix takes out of a notebook, outputs
    above all, is kept in `backups`, and a notebook with outputs is rewritten only if it is named, or its folder.

    Example: mlsd notebooks --fix chapters/01_introduction
    """
    from notebook_runner.course import course_root

    root = course_root()
    if fix or check_form:
        raise typer.Exit(_fix(root, selected(root, paths), fix, bool(paths)))
    _list(root, selected(root, paths))


def check(
    paths: Paths = None,
    why: Annotated[bool, typer.Option("--why", help="Say what made each notebook run.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run also what has not changed.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="How many notebooks run at a time.")] = 1,
    seeds: Annotated[int | None, typer.Option(help="Try the claims under so many seeds but its own.")] = None,
) -> None:
    """Run notebooks as CI does: fresh kernel, offline, under budgets; say what fails and how to run that one again.

    A notebook that you worked in is run as it is, with your answers and cells, and nothing is written to it.

    A notebook that passed is run again only if something that it depends on has changed.

    With --seeds the notebook's parameter `seed` is set from outside, once a run, and a table says which claim failed
    under which seed. What held under a seed is run again only after a change.

    Example: mlsd check chapters/01_introduction --why; mlsd check reduce_latency

    Example: mlsd check --seeds 10 chapters/01_introduction --jobs 2
    """
    from rich.console import Console

    from notebook_runner.course import course_root
    from notebook_runner.result import report

    root, console = course_root(), Console(highlight=False)
    chosen = selected(root, paths)
    if seeds is not None:
        raise typer.Exit(_check_seeds(root, chosen, seeds, _Runs(root, force, jobs, why, console)))
    results = _Runs(root, force, jobs, why, console).results([(path, None) for path in chosen])
    failed = [result for result in results if not result.passed]
    for result in failed:
        console.rule(style="red")
        console.print(report(result), markup=False, soft_wrap=True)
    console.print(_summary(results))
    raise typer.Exit(1 if failed else 0)


def selected(root: Path, paths: list[Path] | None) -> list[Path]:
    """The notebooks of the course at or under `paths`, all of them without any; raises `NotebookError` for none.

    A name such as `reduce_latency` means the notebook whose file has it, of an exercise the one that students have.
    """
    from notebook_runner.course import NotebookError, notebook_paths
    from notebook_runner.errors import was_meant

    every = notebook_paths(root)
    if not paths:
        return every
    chosen: list[Path] = []
    for given in paths:
        asked = given.resolve() if given.exists() else (root / given).resolve()
        found = [path for path in every if path.resolve() == asked or asked in path.resolve().parents]
        named = [path for path in every if path.stem == str(given) and path.relative_to(root).parts[0] != "solutions"]
        found = found or named
        if not found:
            fix = was_meant(given.stem, [path.stem for path in every]) or "`mlsd notebooks` lists them."
            raise NotebookError(f"{given} is no notebook of this course and holds none. {fix}")
        chosen += [path for path in found if path not in chosen]
    return chosen


def _fix(root: Path, paths: list[Path], fix: bool, named: bool) -> int:
    """Name what is wrong with each notebook, having written what can be derived if `fix`; the exit code."""
    from notebook_runner.course import NotebookError, find_notebooks

    try:
        course = {notebook.path: notebook for notebook in find_notebooks(root)}
        if fix:
            _write_fixed(root, [course[path.resolve()] for path in paths], list(course.values()), named)
            course = {notebook.path: notebook for notebook in find_notebooks(root)}
    except NotebookError as error:
        typer.echo(f"No head, foot or minutes can be derived: {error}")
        return 1

    faulty = 0
    for path in paths:
        here = course[path.resolve()]
        if found := faults_of_form(here, list(course.values())):
            faulty += 1
            typer.echo("\n  ".join([f"{here.name}:", *found]))
    typer.echo(f"{len(paths) - faulty} of {len(paths)} notebooks are in form.")
    return 1 if faulty else 0


def _write_fixed(root: Path, notebooks: list[Notebook], course: Sequence[Notebook], named: bool) -> None:
    """Write each notebook as it should be committed, after a copy of those that lose something by it.

    Unless it was `named`, a notebook with outputs is left alone: somebody works in it.
    """
    from datetime import UTC, datetime

    from mlsd.students.files import keep, write_whole
    from notebook_runner.canonical import has_outputs
    from notebook_runner.course import read_json
    from notebook_runner.head_and_foot import fixed

    wanted: dict[str, str] = {}
    losing: dict[str, bytes] = {}
    for notebook in notebooks:
        there, nb = notebook.path.read_bytes(), read_json(notebook.path)
        text = fixed(nb, notebook, course)
        if text is None or text.encode() == there:
            continue
        if has_outputs(nb) and not named:
            typer.echo(
                f"{notebook.name}: left alone, since it has outputs. To fix it: mlsd notebooks --fix {notebook.name}"
            )
            continue
        wanted[notebook.name] = text
        if has_outputs(nb) or _texts(nb) - _texts(json.loads(text)):
            losing[notebook.name] = there
    folder = keep(root, losing, datetime.now(UTC))
    for name, text in wanted.items():
        write_whole(root / name, text.encode())
        kept = f"; as it was, it is kept in {folder}" if name in losing else ""
        typer.echo(f"{name}: form, solutions, minutes, head and foot are written{kept}")


def _texts(nb: Mapping[str, Any]) -> set[str]:
    from notebook_runner.canonical import source_of

    return {source_of(cell) for cell in nb["cells"]}


def faults_of_form(here: Notebook, course: Sequence[Notebook]) -> list[str]:
    """What keeps a notebook of the `course` from being committed, as sentences; empty if nothing does."""
    from notebook_runner.canonical import problems
    from notebook_runner.course import read_json
    from notebook_runner.head_and_foot import stale
    from notebook_runner.reading_limits import reading_faults

    found = problems(here.path) or stale(here.path, here, course)
    return [*found, *reading_faults(read_json(here.path)["cells"], here.kind)]


def _list(root: Path, paths: list[Path]) -> None:
    from notebook_runner.course import find_notebooks, reading_order

    chosen = [
        notebook
        for notebook in reading_order(find_notebooks(root))
        if notebook.path in [path.resolve() for path in paths]
    ]
    for notebook in chosen:
        budget = f"budget {notebook.budget.cpu_s:g} CPU s and {notebook.budget.peak_mb:g} MB"
        typer.secho(notebook.name, bold=True)
        typer.echo(f"    {notebook.title}")
        typer.echo(
            f"    {notebook.kind.replace('_', ' ')}, {notebook.minutes} minutes, {budget}; {_last_run(root, notebook)}"
        )
    minutes = sum(notebook.minutes for notebook in chosen)
    typer.echo(f"{len(chosen)} notebooks, {minutes / 60:.1f} hours of a reader's time.")


def _last_run(root: Path, notebook: Notebook) -> str:
    from datetime import datetime

    from notebook_runner.runner import last_result

    result = last_result(root, notebook.name)
    if result is None:
        return "has not run here"
    when = datetime.fromtimestamp(result.at).strftime("%Y-%m-%d %H:%M")
    return f"{result.verdict} {when}, {result.cpu_s:.1f} CPU s, {result.peak_mb:,.0f} MB"


def _check_seeds(root: Path, paths: list[Path], count: int, runs: _Runs) -> int:
    """Run each notebook under `count` other seeds and print the table of what held; the exit code."""
    from notebook_runner.seeds import table, tasks

    results = runs.results(tasks(root, paths, count))
    runs.console.print(table(results), markup=False, soft_wrap=True)
    failed = [result for result in results if not result.passed]
    if not failed:
        where = "1 notebook" if len(paths) == 1 else f"{len(paths)} notebooks"
        runs.console.print(f"\nEvery claim holds, in {where} under {count} seeds each.")
    return 1 if failed else 0


@dataclass(frozen=True)
class _Runs:
    """How runs are made: `jobs` at a time, each with a bar while it runs and a line when it ended."""

    root: Path
    force: bool
    jobs: int
    why: bool
    console: Console

    def results(self, tasks: Sequence[tuple[Path, int | None]]) -> list[Result]:
        """The results of notebooks, each with a seed or None for its own; the longest notebooks start first."""
        from concurrent.futures import ThreadPoolExecutor, as_completed

        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        from notebook_runner.runner import longest_first

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        order = longest_first(self.root, dict(tasks))
        results: list[Result] = []
        with (
            Progress(*columns, console=self.console, transient=True) as progress,
            ThreadPoolExecutor(self.jobs) as pool,
        ):
            whole = progress.add_task("notebooks", total=len(tasks))
            ordered = sorted(tasks, key=lambda task: order.index(task[0]))
            waiting = [pool.submit(self._one, progress, path, seed) for path, seed in ordered]
            try:
                for future in as_completed(waiting):
                    results.append(future.result())
                    progress.advance(whole)
                    self.console.print(_line(results[-1], self.why), markup=False, soft_wrap=True)
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        return sorted(results, key=lambda result: (result.notebook, -1 if result.seed is None else result.seed))

    def _one(self, progress: Progress, path: Path, seed: int | None) -> Result:
        from notebook_runner.runner import check as check_one

        with _Bar(progress, path.stem if seed is None else f"{path.stem}, seed {seed}") as bar:
            return check_one(self.root, path, self.force, bar.on_cell, seed)


class _Bar:
    """The progress bar of one notebook, there while it runs."""

    def __init__(self, progress: Progress, name: str) -> None:
        self.progress, self.task = progress, progress.add_task(f"  {name}", total=None)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.remove_task(self.task)

    @property
    def on_cell(self) -> OnCell:
        def move(index: int, total: int, cell_id: str) -> None:
            self.progress.update(self.task, completed=index, total=total)

        return move


def _line(result: Result, why: bool) -> str:
    word = "unchanged" if result.cached else result.verdict
    text = f"{word:9s}  {result.label}  ({result.figures()})"
    reasons = [f"because {reason}" for reason in result.why] if why else []
    return "\n           ".join([text, *result.remarks(), *reasons])


def _summary(results: list[Result]) -> str:
    counts = {
        "passed": sum(result.passed and not result.cached for result in results),
        "unchanged": sum(result.cached and not result.stored for result in results),
        "unchanged since they passed in another checkout": sum(result.cached and result.stored for result in results),
        "failed": sum(not result.passed for result in results),
    }
    levels = sorted({result.offline for result in results if result.offline})
    offline = f" Kept offline by: {', '.join(levels)}." if levels else ""
    return f"{', '.join(f'{number} {word}' for word, number in counts.items() if number) or 'Nothing to run'}.{offline}"
