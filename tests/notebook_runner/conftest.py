"""A course of a few cells in a temporary folder, run by the real runner."""

import json
import textwrap
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlsd.cli import app
from notebook_runner import read_notebook, runner
from notebook_runner.canonical import canonical


class MiniCourse:
    """A folder that the runner takes for a course, and a short way to put notebooks into it."""

    def __init__(self, root: Path):
        self.root = root.resolve()
        (self.root / "chapters").mkdir(parents=True)
        (self.root / "pyproject.toml").write_text('[project]\nname = "mlsd"\n')
        (self.root / "tests").mkdir()  # as in the full repository, not in a student edition

    def write(self, name: str, text: str) -> Path:
        """Write a file of the course, made with its folders."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def data(self, cells: dict[str, str], tags: dict[str, list[str]] | None = None, **metadata) -> dict:
        """A notebook as plain data: a title, then the code cells given by id; `metadata` overrides its mlsd entry."""
        tags = tags or {}
        budget = {"cpu_s": metadata.pop("cpu_s", 30), "peak_mb": metadata.pop("peak_mb", 900)}
        described = {"kind": "lesson", "title": "A notebook", "section": "1", "objectives": ["Try"], "minutes": 1}
        nothing_special = {"requires": [], "tools": [], "cores": 1, "budget": budget}
        title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# A notebook"}
        code = [
            {
                "cell_type": "code",
                "id": name,
                "metadata": {"tags": tags[name]} if name in tags else {},
                "source": textwrap.dedent(source).strip("\n"),
                "outputs": [],
                "execution_count": None,
            }
            for name, source in cells.items()
        ]
        mlsd = {**described, **nothing_special, **metadata}
        return {"cells": [title, *code], "metadata": {"mlsd": mlsd}, "nbformat": 4, "nbformat_minor": 5}

    def notebook(self, name: str, cells: dict[str, str], **options) -> Path:
        """Write a canonical notebook under chapters/."""
        return self.write(f"chapters/{name}.ipynb", canonical(self.data(cells, **options)))

    def run(self, path: Path, **options):
        """The runner's verdict on a notebook."""
        return runner.check(self.root, path, **options)

    def why(self, path: Path) -> list[str]:
        """What would make a notebook run now."""
        return runner.why(self.root, read_notebook(self.root, path))

    def executed(self, path: Path) -> dict:
        """The executed copy of a notebook."""
        return json.loads((self.root / ".mlsd" / "executed" / path.relative_to(self.root)).read_text())


@pytest.fixture
def mini_course(tmp_path) -> MiniCourse:
    """A course without a notebook yet."""
    return MiniCourse(tmp_path / "course")


@pytest.fixture(scope="module")
def shared_course(tmp_path_factory) -> MiniCourse:
    """The same, for the tests of one module that look at one run."""
    return MiniCourse(tmp_path_factory.mktemp("shared") / "course")


@pytest.fixture
def mlsd(mini_course, monkeypatch):
    """Calls a command inside the mini course; gives exit code and output."""
    monkeypatch.chdir(mini_course.root / "chapters")

    def call(*arguments):
        answer = CliRunner().invoke(app, list(arguments))
        if answer.exception is not None and not isinstance(answer.exception, SystemExit):
            raise answer.exception
        return answer.exit_code, answer.output

    return call
