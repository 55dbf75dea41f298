"""`python -m tests.repeated`: the rounds, one pytest after another."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from notebook_runner import course_root
from notebook_runner.environment import threads
from tests.repeated.book import Book
from tests.repeated.load import busy, cores

NO_TEST, INTERRUPTED = 5, 130
PATIENCE_S = 30.0
"""How long an interrupted pytest may take to end what it started."""


def repeat_tests(
    context: typer.Context,
    rounds: Annotated[int, typer.Argument(help="How often each test runs.", min=1)],
    load: Annotated[int, typer.Option(help="Processes that compute without a pause meanwhile.", min=0)] = 6,
    workers: Annotated[int, typer.Option(help="Tests that run at once; 0: in one process.", min=0)] = 2,
    every: Annotated[bool, typer.Option("--every", help="Every test, not only those of processes and clocks.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the last call was interrupted.")] = False,
) -> None:
    """Run tests of processes, servers, browsers and clocks many times on a busy machine; say what failed how often.

    Without paths these are all tests that come to such a thing by what they and their fixtures call. Paths and options
    go on to pytest. What was found is kept in .mlsd/often/results.jsonl as it comes, also when you interrupt.

    Example: python -m tests.repeated 20 tests/mlsd_lib/serving

    Example: python -m tests.repeated 3 tests/notebook_runner -k 10_serving --load 12

    Example: python -m tests.repeated 20 --resume
    """
    root = course_root(Path.cwd())
    book = Book(root / ".mlsd" / "often" / "results.jsonl")
    book.begin(context.args, resume)
    os.chdir(root)
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell had this command ignore them in the background
        signal.signal(number, signal.default_int_handler)
    with busy(load):
        status = _rounds(book, rounds, ["-n", str(workers), *context.args], every, load)
    typer.echo(f"\nUnder {load} busy processes on {cores()} cores:\n{book.summary()}")
    if status == INTERRUPTED:
        typer.echo(f"Interrupted. To go on: python -m tests.repeated {rounds} {' '.join([*context.args, '--resume'])}")
    failed = any(run.outcome == "failed" for run in book.runs())
    raise typer.Exit(status or int(failed))


def _rounds(book: Book, rounds: int, words: list[str], every: bool, load: int) -> int:
    """Run what is left of each round; 0, or the status with which one could not be run to its end."""
    for number in sorted(set(range(1, rounds + 1)) - book.whole_rounds()):
        typer.echo(f"Round {number} of {rounds}, {load} busy processes on {cores()} cores")
        done = book.done(number)
        job = {"book": str(book.path), "round": number, "every": every, "done": done}
        status = _pytest(words, job)
        if status not in (0, 1) and not (status == NO_TEST and done):
            return status
        book.close_round(number)
    return 0


def _pytest(words: list[str], job: dict[str, object]) -> int:
    """The status of pytest; `INTERRUPTED` where it or this process was told to end."""
    loaded = ["-p", "notebook_runner.pytest_plugin", "-p", "tests.repeated.plugin", "-p", "no:cacheprovider"]
    options = ["--force", "--dist", "loadscope", "--no-loadscope-reorder", "--tb", "short", "-q"]
    environment = {**threads(), **os.environ, "MLSD_OFTEN": json.dumps(job)}
    process = subprocess.Popen([sys.executable, "-m", "pytest", *loaded, *options, *words], env=environment)
    try:
        status = process.wait()
        return INTERRUPTED if status == 2 else status
    except KeyboardInterrupt:
        _end(process)
        return INTERRUPTED


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let pytest end what it started; kill it where it takes too long, or at a second interrupt."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(PATIENCE_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()
