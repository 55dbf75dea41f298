"""A case that is nothing but its commands: a package with the modules that these ask for."""

import sys
import types
from typing import Annotated

import pandas as pd
import pytest
import typer

from case_studies.kit import Run, commands
from mlsd_lib.datasets import DataCard

SOURCES = {
    "__init__": "",
    "service": "app_of, notes = None, []\ndef restore(run, folder):\n    notes.append((run.path, folder.name))\n"
    "    return 1_234\n",
    "models": "class Release:\n    read = staticmethod(lambda folder: (folder / 'model.txt').read_text())\n",
}


def fit(
    run,
    tell,
    *,
    rows: Annotated[int, typer.Option(help="Rows to make.")] = 3,
    factor: Annotated[float, typer.Option(help="Of the model.")] = 1.0,
    seed: commands.Seed = 0,
):
    table = pd.DataFrame({"x": range(seed, seed + rows)})
    card = DataCard("toy rows", rows, "none", False, "made here")
    learned = run.learns_from("toy", card, {"rows": table}, "2026-01-01")
    run.file(
        learned,
        lambda folder: (folder / "model.txt").write_text(str(factor)),
        lambda: run.store.write_text(f"{rows} rows".ljust(512)),
        {"money": 1.5},
        lambda version: f"# Decision: release {version}\n\nChosen: factor {factor}.\n",
    )
    return card, table


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """The case: `folder` of its package, `runs` of its runs, `train(**options)`, `notes` of what was restored."""
    folder = tmp_path / "packages" / "toy"
    folder.mkdir(parents=True)
    for name, source in SOURCES.items():
        (folder / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(folder.parent)

    def train(**options):
        run = Run.new(tmp_path / "runs", options)
        fit(run, print, **options)
        return run

    def notes():
        return sys.modules["toy.service"].notes if "toy.service" in sys.modules else []

    yield types.SimpleNamespace(folder=folder, runs=tmp_path / "runs", train=train, notes=notes, fit=fit)
    for name in ("toy", "toy.service", "toy.models"):
        sys.modules.pop(name, None)
