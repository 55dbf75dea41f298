"""Posts and messages to be moderated: the simulator's stream, and four published sets of labelled texts.

The texts of the published files are real and partly abusive. None of them may reach a screen, a log or an error: what
is read is an object whose `repr` holds counts, and every error names a row, never its text.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataCard, DataError
from mlsd_lib.datasets.moderation_simulator import PostSimulator
from mlsd_lib.datasets.published import require_columns


@dataclass(frozen=True)
class PostStream:
    """Simulated posts, and apart from them the truth; the columns are those of `PostSimulator.advance`."""

    posts: pd.DataFrame
    truth: pd.DataFrame
    card: DataCard


@dataclass(frozen=True, repr=False)
class LabelledTexts:
    """Texts, (n,) of str, with their labels, (n,) of str, and where the file has it a group, (n,) of str.

    `group`: whoever wrote a text, or what a case tests; None where the file does not say.
    """

    text: np.ndarray
    label: np.ndarray
    group: np.ndarray | None
    card: DataCard

    def __repr__(self) -> str:
        counts = ", ".join(f"{count:,} {name}" for name, count in pd.Series(self.label).value_counts().items())
        return f"LabelledTexts({self.card.name}: {counts}; texts are not shown)"


@dataclass(frozen=True)
class Published:
    """A published file: its columns, which of them hold text, label and group, and its labels.

    `labels`: for each value in the file what it means, and how many such texts the whole file holds.
    """

    name: str
    licence: str
    files: str
    columns: tuple[str, ...]
    text: str
    label: str
    labels: Mapping[str, tuple[str, int]]
    group: str = ""


PUBLISHED = {
    "davidson": Published(
        "Davidson et al. 2017, hate speech and offensive language",
        "MIT",
        "labeled_data.csv",
        ("count", "hate_speech", "offensive_language", "neither", "class", "tweet"),
        text="tweet",
        label="class",
        labels={"0": ("hate", 1_430), "1": ("offensive", 19_190), "2": ("neither", 4_163)},
    ),
    "sms": Published(
        "SMS Spam Collection",
        "CC BY 4.0",
        "SMSSpamCollection",
        ("label", "message"),
        text="message",
        label="label",
        labels={"ham": ("ham", 4_827), "spam": ("spam", 747)},
    ),
    "hatecheck": Published(
        "HateCheck",
        "CC BY 4.0",
        "test_suite_cases.csv",
        ("functionality", "case_id", "test_case", "label_gold", "target_ident"),
        text="test_case",
        label="label_gold",
        labels={"hateful": ("hateful", 2_563), "non-hateful": ("non-hateful", 1_165)},
        group="functionality",
    ),
    "youtube": Published(
        "YouTube Spam Collection",
        "CC BY 4.0",
        "Youtube0*.csv",
        ("COMMENT_ID", "AUTHOR", "DATE", "CONTENT", "CLASS"),
        text="CONTENT",
        label="CLASS",
        labels={"0": ("ham", 951), "1": ("spam", 1_005)},
        group="AUTHOR",
    ),
}


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


def load_texts(name: str, path: str | Path | None = None) -> LabelledTexts:
    """The published texts `name`: "davidson", "sms", "hatecheck" or "youtube".

    `path`: the file, or for YouTube's five the folder; below MLSD_DATA_DIR/moderation if not given. A file that is not
    the published one is read, and its card says how it differs. Raises `DataError`, which never holds a text.
    """
    if name not in PUBLISHED:
        raise DataError(f"The source is {name!r}; it must be one of {', '.join(PUBLISHED)}. Name one of these.")
    known, paths = PUBLISHED[name], _paths(PUBLISHED[name], path)
    tables = [_table(one, known) for one in paths]
    labels = [_labels(table, known, one) for table, one in zip(tables, paths, strict=True)]
    table, label = pd.concat(tables, ignore_index=True), np.concatenate(labels)
    group = table[known.group].fillna("").to_numpy(dtype=str) if known.group else None
    text = table[known.text].fillna("").to_numpy(dtype=object)
    card = DataCard(
        known.name,
        len(table),
        known.licence,
        real=True,
        source=", ".join(one.name for one in paths),
        notes=("texts are never shown, only what is measured on them",),
        differences=tuple(_differences(label, known)),
    )
    return LabelledTexts(text, label, group, card)


def _paths(known: Published, path: str | Path | None) -> list[Path]:
    if path is None:
        folder = os.environ.get("MLSD_DATA_DIR")
        if not folder:
            raise DataError(f"MLSD_DATA_DIR is not set. Set it to the folder of moderation/{known.files}, or give it.")
        path = Path(folder, "moderation")
    path = Path(path)
    found = sorted(path.glob(known.files)) if path.is_dir() else [path]
    if not found or not found[0].exists():
        where = path / known.files if path.is_dir() else path
        raise DataError(f"{where} does not exist. Put the published file of {known.name} there, or give its path.")
    return found


def _table(path: Path, known: Published) -> pd.DataFrame:
    """The columns as text; what a parser says may quote a row, so only the kind of its error is passed on."""
    options: dict[str, Any] = {"dtype": str, "keep_default_na": False, "encoding": "utf-8-sig"}
    if known is PUBLISHED["sms"]:
        options |= {"sep": "\t", "header": None, "names": list(known.columns), "quoting": 3, "index_col": False}
    try:
        table = pd.read_csv(path, **options)
    except (OSError, ValueError, pd.errors.ParserError) as error:
        kind = type(error).__name__
        raise DataError(f"{path.name} cannot be read ({kind}). Download the published file again.") from None
    require_columns(table, known.columns, path.name, quoted=False)
    if table.empty:
        raise DataError(f"{path.name} holds no texts, 0 rows below its header. Take the published file.")
    return table


def _labels(table: pd.DataFrame, known: Published, path: Path) -> np.ndarray:
    label = table[known.label].map({value: meaning for value, (meaning, _) in known.labels.items()})
    if label.isna().any():
        row, bad = int(np.argmax(label.isna())), int(label.isna().sum())
        raise DataError(
            f"{path.name}, column {known.label}: row {row} ({bad} such rows) holds none of "
            f"{', '.join(known.labels)}. Fix or drop those rows; their text is not shown here."
        )
    return label.to_numpy(dtype=str)


def _differences(label: np.ndarray, known: Published) -> list[str]:
    whole = dict(known.labels.values())
    counts = {"rows": (len(label), sum(whole.values()))}
    counts |= {meaning: (int((label == meaning).sum()), count) for meaning, count in whole.items()}
    return [f"{found:,} {what}, published {count:,}" for what, (found, count) in counts.items() if found != count]
