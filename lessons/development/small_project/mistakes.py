"""Twelve mistakes that people make in a project such as this one, each as a change of its files."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lessons.development.small_project.project import DATA, lock


@dataclass(frozen=True)
class Mistake:
    """A mistake by its `name`; `make` changes the files of the project in the folder that it is given."""

    name: str
    make: Callable[[Path], None]


def _text(file: str, old: str, new: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        if old not in text:
            raise ValueError(f"{file} does not hold {old!r}; the mistake was written for another version of it.")
        path.write_text(text.replace(old, new), encoding="utf-8")

    return make


def _table(change: Callable[[pd.DataFrame], pd.DataFrame], locked: bool = True) -> Callable[[Path], None]:
    """A mistake in the data, which whoever delivers them takes for right: `locked`, he writes their digest down."""

    def make(folder: Path) -> None:
        change(pd.read_csv(folder / DATA)).to_csv(folder / DATA, index=False)
        if locked:
            lock(folder)

    return make


def _in_cents(table: pd.DataFrame) -> pd.DataFrame:
    italian = table["country"] == "IT"
    return table.assign(amount_eur=np.where(italian, 100 * table["amount_eur"], table["amount_eur"]))


def _age_missing(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(customer_days=table["customer_days"].where(table["payment_id"] % 3 > 0))


def _relabelled(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(fraud=np.where(table["payment_id"] % 500 == 0, 1, table["fraud"]))


def _weights(folder: Path) -> None:
    kept = io.BytesIO()
    np.save(kept, np.random.default_rng(0).random(100_000))
    (folder / "model.npy").write_bytes(kept.getvalue())


MISTAKES = (
    Mistake("a name that does not exist, in a rare branch", _text("train.py", "{DATA.name} c", "{FILE.name} c")),
    Mistake("a password in the configuration", _text("config.toml", "seed", 'db_password = "correct-horse"\nseed')),
    Mistake("a model file in the commit", _weights),
    Mistake("night begins at 20 in the service", _text("serve.py", ">= 22", ">= 20")),
    Mistake("a comparison turned round", _text("features.py", '["country"] != p', '["country"] == p')),
    Mistake("one country sends cents", _table(_in_cents)),
    Mistake("a third of a column is missing", _table(_age_missing)),
    Mistake("a table corrected without a word", _table(_relabelled, locked=False)),
    Mistake(
        "a column that is known only afterwards",
        _text("features.py", '        "abroad"', '        "fee": payments["fraud"] * 15,\n        "abroad"'),
    ),
    Mistake(
        "each row learned with the label of the row above",
        _text("train.py", 'payments.loc[old, "fraud"])', 'payments.loc[old, "fraud"].shift(fill_value=0))'),
    ),
    Mistake("a training that does not repeat", _text("train.py", 'CONFIG["seed"])', "None)")),
    Mistake("another threshold, and no reason", _text("config.toml", "0.3", "0.6")),
)
