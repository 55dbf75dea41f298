"""`mlsd new case`: the skeleton of a case study, which fails the tests of all case studies until it is filled.

The templates stand in `templates/case`: the modules, the notebook, and what the tests ask of the case.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Annotated, Any

import typer

from mlsd.new.skeleton import cell, check_name, check_title, unwritten, write
from notebook_runner.canonical import UNWRITTEN, canonical
from notebook_runner.course import course_root

TEMPLATES = Path(__file__).with_name("templates") / "case"
IMPORTS = re.compile(r"(?:^from .*\n)+", re.MULTILINE)
IMPORTED = """from typing import get_args

from case_studies.kit import Rollback
from case_studies.kit.reader_decisions import must_be_number, must_be_one_of, rerun

# {UNWRITTEN} the imports of the case's own modules, such as `from case_studies.{name} import train`."""
CAPACITY = """your_capacity = None  # None takes the default
must_be_number("your_capacity", your_capacity, 1, 1_000, whole=True)
rerun("your_capacity")"""
ROLLBACK = """your_rollback = None  # "release and state", "release" or "wait for labels"; None takes the first
must_be_one_of("your_rollback", your_rollback, *get_args(Rollback))
rerun("your_rollback")"""


def new_case(
    name: Annotated[str, typer.Argument(help="One lower-case word, the name of its folder and modules.")],
    title: Annotated[str | None, typer.Option(help="What readers see; the name, if not given.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--course", help="The course folder; default: the one around you.")
    ] = None,
) -> None:
    """Write the skeleton of a case study: its modules, its notebook, what the tests ask of it.

    Example: mlsd new case parcels --title "Parcels: which one arrives late"
    """
    root = course_root(folder or Path.cwd())
    check_name("a case", name)
    check_title(title := title or name.replace("_", " ").capitalize())
    texts = {f"case_studies/{name}/{name}.ipynb": _notebook(name, title)}
    for source in sorted(TEMPLATES.glob("*/*.txt")):
        folder_of = {"modules": "case_studies", "tests": "tests/case_studies"}[source.parent.name]
        text = Template(source.read_text(encoding="utf-8")).substitute(name=name, title=title)
        # In their order whatever the name is: the template cannot know it.
        text = IMPORTS.sub(lambda block: "".join(sorted(block[0].splitlines(keepends=True))), text)
        texts[f"{folder_of}/{name}/{source.name.removesuffix('.txt')}"] = text
    for path in write(root, texts):
        typer.echo(path)
    typer.echo(f"The next part to fill is named by: pytest tests/case_studies -k {name}")


def _notebook(name: str, title: str) -> str:
    stated = {
        "kind": "case_study", "title": title, "section": f"3 Case Studies: {title}", "minutes": 75, "cores": 1,
        "objectives": [f"{UNWRITTEN} what a reader can do afterwards, three or four of these"],
        "requires": ["chapters/00_start_here.ipynb"], "tools": [], "budget": {"cpu_s": 150, "peak_mb": 2000},
    }  # fmt: skip
    return canonical({"cells": [*_cells(name, title)], "metadata": {"mlsd": stated}})


def _cells(name: str, title: str) -> Iterator[dict[str, Any]]:
    asked = "what the system decides, for whom, how soon, and when it learns whether it was right."
    yield unwritten("markdown", "title", asked, f"# {title}")
    yield cell("code", "imports", IMPORTED.format(name=name, UNWRITTEN=UNWRITTEN))
    yield cell("code", "parameters", "seed = 0", tags=["parameters"])
    stream = "where the data comes from, what is real in it, and when the truth is known."
    yield unwritten("markdown", "stream-why", stream, "## 1. The stream")
    yield cell("markdown", "features-why", "## 2. Features that know no more than the moment did")
    yield unwritten(
        "markdown", "money-why", "what a decision costs and saves; baselines first.", "## 3. From a score to money"
    )
    yield cell("markdown", "decision-capacity-why", "### Your first decision: the capacity")
    yield cell("code", "decision-capacity", CAPACITY, tags=["decision"])
    yield cell("markdown", "labels-why", "## 4. Learning from the labels that there are")
    yield cell("markdown", "service-why", "## 5. The service")
    yield cell("markdown", "weeks-why", "## 6. The live weeks")
    wrong = "## 7. The release that went wrong\n\n### Your second decision: the rollback"
    yield cell("markdown", "decision-operations-why", wrong)
    yield cell("code", "decision-operations", ROLLBACK, tags=["decision"])
    yield unwritten("code", "consequences", "what the decisions cost or saved, next to the defaults.")
    yield cell("markdown", "claims-why", "## What this case study claims")
    yield unwritten(
        "code", "claims", "claims(Claim(statement, holds, measured)): directions, identities, seeded statistics."
    )
    yield unwritten("markdown", "take-aways", "three to five sentences to keep.", "## Take-aways")
