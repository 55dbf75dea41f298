"""Posts and messages to be moderated: the simulator's stream, and the tweets labelled by Davidson et al.

The texts of the published file are real and partly abusive. None of them may reach a screen, a log or an error: what
is read is an object whose `repr` holds counts, and every error names a row, never its text.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataCard, DataError
from mlsd_lib.datasets.moderation_simulator import PostSimulator
from mlsd_lib.datasets.published import differences, other_contents, published_file, read_csv

DAVIDSON_COLUMNS = ("count", "hate_speech", "offensive_language", "neither", "class", "tweet")
DAVIDSON_LABELS = {"0": "hate", "1": "offensive", "2": "neither"}
DAVIDSON_PUBLISHED = {"rows": 24_783, "hate": 1_430, "offensive": 19_190, "neither": 4_163}
DAVIDSON_CHECKSUM = "65b1df5838bd92ad"
"""Of labels and texts in their order."""


@dataclass(frozen=True)
class PostStream:
    """Simulated posts, and apart from them the truth; the columns are those of `PostSimulator.advance`."""

    posts: pd.DataFrame
    truth: pd.DataFrame
    card: DataCard


@dataclass(frozen=True, repr=False)
class LabelledTexts:
    """Texts, (n,) of str, with their labels, (n,) of str, and what each tests, (n,) of str, or None for no tests."""

    text: np.ndarray
    label: np.ndarray
    group: np.ndarray | None
    card: DataCard

    def __repr__(self) -> str:
        counts = ", ".join(f"{count:,} {name}" for name, count in pd.Series(self.label).value_counts().items())
        return f"LabelledTexts({self.card.name}: {counts}; texts are not shown)"


def simulate(rng: np.random.Generator, days: int = 60, **options: Any) -> PostStream:
    """`days` of simulated posts. `options` are those of `PostSimulator`."""
    posts, truth = PostSimulator(rng, **options).advance(days)
    return PostStream(posts, truth, simulator_card(len(posts)))


def simulator_card(rows: int) -> DataCard:
    """The card of `rows` simulated posts."""
    return DataCard(
        "simulated posts",
        rows,
        "MIT",
        real=False,
        source="mlsd_lib.datasets.moderation_simulator",
        notes=("all text is invented and mild", "annotators err, and more often about one group"),
    )


def load_texts(path: str | Path | None = None) -> LabelledTexts:
    """The 24,783 tweets of Davidson et al. 2017, each "hate", "offensive" or "neither".

    `path`: the file; moderation/labeled_data.csv below MLSD_DATA_DIR if not given. A file that is not the published one
    is read, and its card says how it differs. Raises `DataError`, which never holds a text.
    """
    path = published_file("moderation/labeled_data.csv") if path is None else Path(path)
    table = read_csv(path, DAVIDSON_COLUMNS, quoted=False, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    text, label = table["tweet"].fillna("").to_numpy(dtype=object), _labels(table["class"], path)
    found = (len(label), *((label == name).sum() for name in DAVIDSON_LABELS.values()))
    card = DataCard(
        "Davidson et al. 2017, hate speech and offensive language",
        len(table),
        "MIT",
        real=True,
        source=path.name,
        notes=("texts are never shown, only what is measured on them",),
        differences=differences(DAVIDSON_PUBLISHED, found) or other_contents([label, text], DAVIDSON_CHECKSUM),
    )
    return LabelledTexts(text, label, None, card)


def _labels(column: pd.Series, path: Path) -> np.ndarray:
    """What each value of `column` means, (n,) of str; the error for another value quotes no row."""
    label = column.map(DAVIDSON_LABELS)
    if label.isna().any():
        row, bad = int(np.argmax(label.isna())), int(label.isna().sum())
        raise DataError(
            f"{path.name}, column {column.name}: row {row} ({bad} such rows) holds none of "
            f"{', '.join(DAVIDSON_LABELS)}. Fix or drop those rows; their text is not shown here."
        )
    return label.to_numpy(dtype=str)
