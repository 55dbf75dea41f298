"""Posts and messages to be moderated: the simulator's stream, and four published sets of labelled texts.

The texts of the published files are real and partly abusive. None of them may reach a screen, a log or an error: what
is read is an object whose `repr` holds counts, and every error names a row, never its text.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataCard, DataError
from mlsd_lib.datasets.moderation_simulator import PostSimulator
from mlsd_lib.datasets.published import differences, other_contents, read_csv


@dataclass(frozen=True)
class PostStream:
    """Simulated posts, and apart from them the truth; the columns are those of `PostSimulator.advance`."""

    posts: pd.DataFrame
    truth: pd.DataFrame
    card: DataCard


@dataclass(frozen=True, repr=False)
class LabelledTexts:
    """Texts, (n,) of str, with their labels, (n,) of str, and where the file has it a group, (n,) of str.

    `group`: the author of a text, or what a case tests; None where the file does not say. `part`: the file that a text
    comes from, (n,) of str, of those that are published in several, a video each; else None.
    """

    text: np.ndarray
    label: np.ndarray
    group: np.ndarray | None
    card: DataCard
    part: np.ndarray | None = None

    def __repr__(self) -> str:
        counts = ", ".join(f"{count:,} {name}" for name, count in pd.Series(self.label).value_counts().items())
        return f"LabelledTexts({self.card.name}: {counts}; texts are not shown)"


@dataclass(frozen=True)
class Published:
    """A published file: its columns, which of them hold text, label and group, and its labels.

    `labels`: for each value in the file what it means, and how many such texts the whole file holds. `checksum`: of
    labels, texts and groups in their order, where a whole file could be read; `parts`: ham and spam by video, which
    ends a file's name.
    """

    name: str
    licence: str
    files: str
    columns: tuple[str, ...]
    text: str
    label: str
    labels: Mapping[str, tuple[str, int]]
    group: str = ""
    checksum: str = ""
    parts: Mapping[str, tuple[int, int]] = field(default_factory=dict)


PUBLISHED = {
    "davidson": Published(
        "Davidson et al. 2017, hate speech and offensive language",
        "MIT",
        "labeled_data.csv",
        ("count", "hate_speech", "offensive_language", "neither", "class", "tweet"),
        text="tweet",
        label="class",
        labels={"0": ("hate", 1_430), "1": ("offensive", 19_190), "2": ("neither", 4_163)},
        checksum="65b1df5838bd92ad",
    ),
    "sms": Published(
        "SMS Spam Collection",
        "CC BY 4.0",
        "SMSSpamCollection",
        ("label", "message"),
        text="message",
        label="label",
        labels={"ham": ("ham", 4_827), "spam": ("spam", 747)},
        checksum="5f8ced7280b9af51",
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
        checksum="cd3794aeb04917b8",
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
        parts={
            "Psy": (175, 175),
            "KatyPerry": (175, 175),
            "LMFAO": (202, 236),
            "Eminem": (203, 245),
            "Shakira": (196, 174),
        },
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
    tables = [_table(file, known) for file in paths]
    labels = [_labels(table, known, file) for table, file in zip(tables, paths, strict=True)]
    table, label = pd.concat(tables, ignore_index=True), np.concatenate(labels)
    group = table[known.group].fillna("").to_numpy(dtype=str) if known.group else None
    text = table[known.text].fillna("").to_numpy(dtype=object)
    part = np.repeat([file.stem.rpartition("-")[2] for file in paths], list(map(len, tables))) if known.parts else None
    card = DataCard(
        known.name,
        len(table),
        known.licence,
        real=True,
        source=", ".join(file.name for file in paths),
        notes=("texts are never shown, only what is measured on them",),
        differences=_differences(text, label, group, part, known),
    )
    return LabelledTexts(text, label, group, card, part)


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
    return read_csv(path, known.columns, quoted=False, **options)


def _labels(table: pd.DataFrame, known: Published, path: Path) -> np.ndarray:
    label = table[known.label].map({value: meaning for value, (meaning, _) in known.labels.items()})
    if label.isna().any():
        row, bad = int(np.argmax(label.isna())), int(label.isna().sum())
        raise DataError(
            f"{path.name}, column {known.label}: row {row} ({bad} such rows) holds none of "
            f"{', '.join(known.labels)}. Fix or drop those rows; their text is not shown here."
        )
    return label.to_numpy(dtype=str)


def _differences(
    text: np.ndarray, label: np.ndarray, group: np.ndarray | None, part: np.ndarray | None, known: Published
) -> tuple[str, ...]:
    whole = dict(known.labels.values())
    published = {"rows": sum(whole.values()), **whole}
    found = [len(label), *((label == meaning).sum() for meaning in whole)]
    for video, of_each in known.parts.items():
        for meaning, count in zip(whole, of_each, strict=True):
            published[f"{meaning} under {video}"] = count
            found.append(((part == video) & (label == meaning)).sum())
    columns = [column for column in (label, text, group) if column is not None]
    return differences(published, found) or (other_contents(columns, known.checksum) if known.checksum else ())
