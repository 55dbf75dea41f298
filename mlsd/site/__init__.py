"""The course as pages that need no kernel: `mlsd site` makes them from the notebooks as they were last executed."""

from pathlib import Path
from typing import Annotated

import typer

FOLDER = "pages"


def site(
    out: Annotated[Path | None, typer.Option(help="Where the pages go; default: the folder `pages` here.")] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="For others: as the course was released, without what you wrote.")
    ] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print each page as a PDF too; needs Chromium.")] = False,
) -> None:
    """Make pages of the whole course, with the results of each notebook's last run, to be read without a kernel.

    They open in a browser from their folder, without a network, and any static host can show it. Notebooks that were
    not run since they changed stand without results; `mlsd check` runs them. A notebook that you saved with outputs is
    shown as you saved it, your answers and predictions with it, and its page says so.

    With --publish the pages are for others: each notebook has its released text (of a clone: that of the last commit),
    with results of `mlsd check` alone, and a misspelt word or a link that leads nowhere stops them.

    Examples: mlsd site; mlsd site --out build/pages; mlsd site --publish; mlsd site --pdf
    """
    from grader.released import released
    from mlsd.site.build import build
    from mlsd.site.pdf import print_pages, printer
    from notebook_runner.course import course_root

    root = course_root()
    folder = root / FOLDER if out is None else out.resolve()
    program = printer() if pdf else ""
    written = build(root, folder, typer.echo, released(root, "run this there") if publish else None)
    names = [notebook.name for notebooks in written.parts.values() for notebook in notebooks]
    count = len(names)
    if pdf:
        typer.echo(f"Chromium prints {count} pages, one by one; some minutes.")
        print_pages(program, folder, names)
    if missing := written.without_results:
        typer.echo(
            f"{len(missing)} of {count} have no results of their present text: {listed(missing)}. "
            "To run them: mlsd check"
        )
    if written.own:
        typer.echo(f"{listed(written.own)}: as you saved it, with your answers. For others: mlsd site --publish")
    if written.changed:
        typer.echo(f"{listed(written.changed)}: as released, without what you changed.")
    megabytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    typer.echo(f"{count} notebooks as pages, {megabytes:.0f} MB. Open {folder / 'index.html'}")


def listed(names: list[str]) -> str:
    """The first of some names, and whether there are more."""
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")


def ask_links() -> None:
    """Ask every address outside that the course names whether it answers, and list those that do not or have moved.

    It needs a network and the environment of `make site`; what it finds fails nothing. Example: mlsd links
    """
    from mlsd.site.build import python_of
    from mlsd.site.outside_links import addresses, faults, unreached
    from notebook_runner.course import course_root

    root = course_root()
    asked = addresses(root)
    silent = unreached(python_of(root), asked)
    for line in [*faults(root), *silent]:
        typer.echo(line)
    typer.echo(f"{len(asked) - len(silent)} of {len(asked)} addresses answer where they are.")
