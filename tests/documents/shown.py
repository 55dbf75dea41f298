"""The commands that the course's documents show, found by rule: a text in code style that begins with a program."""

import ast
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import typer

PROGRAMS = (
    "mlsd|make|python3?|pytest|nbgrader|jupytext|jupyterhub|jupyter|conda|pip|apt-get|dask|npm|ruff|mypy|uv|promtool|"
    "docker|export"
)
BEGINS = re.compile(rf"(\.venv[/\\]\w+[/\\])?({PROGRAMS})(\s|$)")
IN_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
EXAMPLES = re.compile(r"Examples?: (.+?)(?=\n\s*\n|\Z)", re.DOTALL)


class Shown(NamedTuple):
    """A command where it stands. A `mention` is a program and at most a verb, in a sentence."""

    document: str
    line: int | str
    text: str
    mention: bool = False

    def __str__(self) -> str:
        return f"{self.document}:{self.line} {self.text}"


def in_markdown(document: str, text: str, place: str = "") -> list[Shown]:
    """Those of a Markdown text: lines of blocks, and code within prose."""
    fenced, prose, found = False, [], list[tuple[int, str, bool]]()
    for number, line in enumerate(text.splitlines(), 1):
        fenced ^= line.lstrip().startswith("```")
        in_block = fenced or line.startswith("    ")
        prose.append("" if in_block else line)
        if in_block and BEGINS.match(line.strip()) and "──" not in line:  # a drawing holds no command
            found.append((number, re.sub(r"\s{2,}(#\s)?.*", "", line.strip()), False))
    joined = "\n".join(prose)
    for code in IN_CODE.finditer(joined):
        words = code[1].split()
        if BEGINS.match(code[1]):
            found.append((joined.count("\n", 0, code.start()) + 1, " ".join(words), len(words) < 3))
    return [Shown(document, f"{place}{number}", text, mention) for number, text, mention in sorted(found)]


def in_notebook(document: str, text: str) -> Iterator[Shown]:
    """Those of a notebook's prose, by cell."""
    for cell in json.loads(text)["cells"]:
        if cell["cell_type"] == "markdown":
            yield from in_markdown(document, "".join(cell["source"]), f"{cell['id']}:")


def in_help(program: str, command: click.Command) -> Iterator[Shown]:
    """The examples of a program's help, and those of its verbs."""
    for name, verb in getattr(command, "commands", {}).items():
        yield from in_help(f"{program} {name}", verb)
    for found in EXAMPLES.finditer(f"{command.help or ''}\n\n{command.epilog or ''}"):
        for text in re.split(rf"; +|(?<!-m) (?={program.split()[0]} )", " ".join(found[1].split())):
            yield Shown(program, "--help", text.rstrip("."))


def shown(root: Path) -> list[Shown]:
    """Every command that a document of the course shows, in a reader's order."""
    import mlsd.cli

    found: list[Shown] = []
    for name in ("README.md", "INSTRUCTORS.md", "CONTRIBUTING.md", "ARCHITECTURE.md"):
        found += in_markdown(name, (root / name).read_text(encoding="utf-8"))
    found += in_help("mlsd", typer.main.get_command(mlsd.cli.app))
    for path in sorted((root / "case_studies").glob("*/cli.py")):
        module = importlib.import_module(f"case_studies.{path.parent.name}.cli")
        found += in_help(f"python -m case_studies.{path.parent.name}", typer.main.get_command(module.app))
    for path in sorted([*root.glob("benchmarks/*.py"), *root.glob("deploy/**/*.py")]):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        found += in_markdown(path.relative_to(root).as_posix(), text)
    heading = "\n".join(re.findall(r"^# ?(.*)", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    found += in_markdown("Makefile", heading)
    for folder in ("chapters", "case_studies", "solutions"):
        for path in sorted((root / folder).rglob("*.ipynb")):
            name = path.relative_to(root).as_posix()
            found += in_notebook(name, path.read_text(encoding="utf-8"))
    return list(dict.fromkeys(found))
