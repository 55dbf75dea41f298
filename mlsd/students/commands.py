"""`mlsd status`, `recall`, `submit`, `reset`, `update`: what a person types and reads.

Imported by every `mlsd --help`: nothing heavy at the top.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from grader.names import exercise_name
from mlsd.telling import tell

Fresh = Annotated[
    Path | None, typer.Option("--from", metavar="FOLDER", help="A fresh student edition; default: this copy's own.")
]


def status() -> None:
    """Show where you are: each stage, points of exercises, predictions, and the notebook to continue with.

    All of it is read from your own record on this machine; nothing is sent, and no mark depends on it.

    Example: mlsd status
    """
    from mlsd.students import recall as recalling
    from mlsd_lib.lesson.reader_progress import standing
    from notebook_runner.course import course_root

    typer.echo(repr(standing(course_root())))
    if waiting := recalling.due(recalling.reached(course_root()), datetime.now(UTC)):
        many = "1 question is" if len(waiting) == 1 else f"{len(waiting)} questions are"
        typer.echo(f"\nTo remember\n  {many} due on what you have come to: mlsd recall")


def recall(
    name: Annotated[
        str | None, typer.Argument(metavar="LESSON", help="All of this lesson; default: what you have come to in any.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="At most so many questions.", min=1)] = 10,
    rules: Annotated[bool, typer.Option("--rules", help="Show the lesson's rules in place of asking.")] = False,
) -> None:
    """Ask what you remember of lessons: first what is due again, then what you were not asked yet.

    A question that you answer rightly comes back after days, then weeks, then months; one that you do not, the next
    day. What you answered is kept on this machine, also when you stop (Ctrl-D), and no mark depends on it.

    Examples: mlsd recall; mlsd recall data_storage --limit 3; mlsd recall data_storage --rules
    """
    from mlsd.students import recall as recalling
    from notebook_runner.course import course_root

    root = course_root()
    if rules and name is None:
        raise typer.BadParameter("--rules shows those of one lesson. Name it: mlsd recall data_storage --rules")
    recalls = recalling.reached(root) if name is None else [recalling.of_lesson(root, name)]
    if rules:
        typer.echo(recalling.summary(recalls[0]))
        return
    asked = recalling.due(recalls, datetime.now(UTC))[:limit]
    if not asked:
        typer.echo(recalling.nothing_due(recalls))
        return
    try:
        right = recalling.ask_all(
            asked, lambda prompt: typer.prompt(prompt, default="", show_default=False), typer.echo,
            lambda: datetime.now(UTC),
        )  # fmt: skip
    except typer.Abort:
        typer.echo("\nStopped. What you answered is kept; the others are asked next time.")
        return
    typer.echo(f"\n{right} of {len(asked)} right.")


def submit(
    name: Annotated[
        str,
        typer.Argument(
            parser=exercise_name, metavar="EXERCISE", help="An exercise: the name of its folder in exercises/."
        ),
    ],
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

    tell(hand_in(course_root(), name, datetime.now(UTC), anyway, fresh))


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

    tell(put_back(course_root(), name, datetime.now(UTC), fresh))


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

    tell(bring_in(course_root(), place, datetime.now(UTC), dry_run))
