"""`mlsd status`, `submit`, `reset`, `update`: what a person types and reads.

Imported by every `mlsd --help`: nothing heavy at the top.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

Fresh = Annotated[
    Path | None, typer.Option("--from", metavar="FOLDER", help="A fresh student edition; default: this copy's own.")
]


def status() -> None:
    """Show where you are: each stage, points of exercises, predictions, and the notebook to continue with.

    All of it is read from your own record on this machine; nothing is sent, and no mark depends on it.

    Example: mlsd status
    """
    from mlsd_lib.lesson.standing import standing
    from notebook_runner.course import course_root

    typer.echo(repr(standing(course_root())))


def submit(
    name: Annotated[str, typer.Argument(metavar="EXERCISE", help="An exercise: the name of its folder in exercises/.")],
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also where answer cells are missing or nothing is answered.")
    ] = False,
    fresh: Fresh = None,
) -> None:
    """Check the notebook that you hand in, and keep a copy of it with a receipt in the folder `submitted`.

    It is checked as your instructor's `mlsd collect` checks it. Nothing is sent: hand in the copy yourself.

    Examples: mlsd submit reduce_latency; mlsd submit reduce_latency --anyway
    """
    from mlsd.students.submit import submit as hand_in
    from notebook_runner.course import course_root

    typer.echo(hand_in(course_root(), name, datetime.now(UTC), anyway, fresh))


def reset(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An exercise, or a notebook by its path or name.")],
    fresh: Fresh = None,
) -> None:
    """Put a notebook back as it was released; what you wrote in it is kept in the folder `backups`.

    Your predictions, checks and points are not in the notebook and stay.

    Examples: mlsd reset reduce_latency; mlsd reset chapters/01_introduction/01_performance_requirements.ipynb
    """
    from mlsd.students.reset import reset as put_back
    from notebook_runner.course import course_root

    typer.echo(put_back(course_root(), name, datetime.now(UTC), fresh))


def update(
    place: Annotated[Path, typer.Argument(metavar="NEW", help="The folder of the new edition, or its released.zip.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Bring a new version of the course into this copy, and keep everything that you wrote.

    In a notebook, cells of the course get their new text. Your answers stay, and so do your own cells and what you
    changed in cells that the course left as they were. A text of yours that has no place any more goes to the end of
    its notebook. Every file that was not as released is kept in `backups` first. Close your notebooks before.

    Examples: mlsd update ../course-2 --dry-run; mlsd update ../course-2
    """
    from mlsd.students.update import update as bring_in
    from notebook_runner.course import course_root

    typer.echo(bring_in(course_root(), place, datetime.now(UTC), dry_run))
