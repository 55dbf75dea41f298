"""The course as pages that need no kernel: `mlsd site` makes them from the notebooks as they were last executed."""

from pathlib import Path
from typing import Annotated

import typer

FOLDER = "pages"


def site(
    out: Annotated[Path | None, typer.Option(help="Where the pages go; default: the folder `pages` here.")] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Print each page as a PDF too; needs Chromium.")] = False,
) -> None:
    """Make pages of the whole course, with the results of each notebook's last run, to be read without a kernel.

    They open in a browser from their folder, without a network, and any static host can show it. Notebooks that were
    not run since they changed stand without results; `mlsd check` runs them.

    Examples: mlsd site; mlsd site --out build/pages; mlsd site --pdf
    """
    from mlsd.site.build import build
    from mlsd.site.pdf import print_pages, printer
    from notebook_runner.course import course_root

    root = course_root()
    folder = root / FOLDER if out is None else out.resolve()
    program = printer() if pdf else ""
    written = build(root, folder, typer.echo)
    names = [notebook.name for notebooks in written.parts.values() for notebook in notebooks]
    count = len(names)
    if pdf:
        typer.echo(f"Chromium prints {count} pages, one by one; some minutes.")
        print_pages(program, folder, names)
    if missing := written.without_results:
        listed = ", ".join(missing[:3]) + (" ..." if len(missing) > 3 else "")
        typer.echo(
            f"{len(missing)} of {count} have no results of their present text: {listed}. To run them: mlsd check"
        )
    megabytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    typer.echo(f"{count} notebooks as pages, {megabytes:.0f} MB. Open {folder / 'index.html'}")


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
