"""`mlsd new case`: the skeleton of a case study, which fails the tests of all case studies until it is filled.

The templates stand in `templates/case`: the modules, the notebook, and what the tests ask of the case.
"""

from pathlib import Path
from string import Template
from typing import Annotated

import typer

from notebook_runner.course import NotebookError, course_root

TEMPLATES = Path(__file__).with_name("templates") / "case"


def new_case(
    name: Annotated[str, typer.Argument(help="One lower-case word, the name of its folder and modules.")],
    title: Annotated[str | None, typer.Option(help="What readers see; the name, if not given.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--course", help="The course folder; default: the one around you.")
    ] = None,
) -> None:
    """Write the skeleton of a case study: its modules, its notebook, what the tests ask of it.

    Example: mlsd new case moderation --title "Moderation: whom the queue protects"
    """
    root = course_root(folder or Path.cwd())
    for path in write_case(root, name, title or name.capitalize()):
        typer.echo(path.relative_to(root).as_posix())
    typer.echo(f"It fails until it is filled: python -m pytest tests/case_studies/test_contract.py -k {name}")


def write_case(root: Path, name: str, title: str) -> list[Path]:
    """The files of the skeleton, written; raises `NotebookError` for a name that cannot be used or is taken."""
    if not (name.isidentifier() and name.islower()):
        raise NotebookError(f"A case is named {name!r}; its modules are imported by it. Give one lower-case word.")
    if any(sign in title for sign in '"\\\n'):
        raise NotebookError(f"The title is {title!r}; it is written into code. Give one line without quotes.")
    if not (root / "tests").is_dir():
        raise NotebookError(f"{root} is a student edition: it has no tests folder. Work in the full repository.")
    case, tests = root / "case_studies" / name, root / "tests" / "case_studies" / name
    for taken in (case, tests):
        if taken.exists():
            raise NotebookError(f"{taken} exists already. Choose another name, or remove it first.")
    places = {path: case / path.name.removesuffix(".txt") for path in (TEMPLATES / "modules").iterdir()}
    places[TEMPLATES / "notebook.ipynb.txt"] = case / f"{name}.ipynb"
    places[TEMPLATES / "tests" / "hooks.py.txt"] = tests / "hooks.py"
    for source, target in places.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        text = Template(source.read_text(encoding="utf-8")).substitute(name=name, title=title)
        target.write_text(text, encoding="utf-8")
    return sorted(places.values())
