"""The reader of the published tweets: by published names, telling when a file is another, and never showing a text."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlsd_lib.datasets import DataError, moderation
from mlsd_lib.datasets.moderation import DAVIDSON_COLUMNS, load_texts
from mlsd_lib.datasets.published import checksum

MILD = ["the tea was cold", "a very mild remark, with a comma", "no soup today"]


@pytest.fixture
def path(tmp_path):
    return written(tmp_path / "labeled_data.csv")


def written(path, texts=MILD):
    """A small mild file of the published form."""
    table = pd.DataFrame({column: ["1"] * len(texts) for column in DAVIDSON_COLUMNS})
    table.assign(**{"class": ["0", "1", "2"], "tweet": texts}).to_csv(path)
    return path


def test_a_file_is_read_by_its_published_names_and_says_how_it_differs(path):
    read = load_texts(path)
    assert read.text.tolist() == MILD
    assert read.label.tolist() == ["hate", "offensive", "neither"]
    assert "3 rows, published 24,783" in str(read.card)


def test_permuted_labels_and_another_text_are_not_taken_for_the_published_file(path, monkeypatch):
    """The mild file is declared to be the published one: right counts alone do not make it that."""
    read = load_texts(path)
    monkeypatch.setattr(moderation, "DAVIDSON_PUBLISHED", {"rows": 3, "hate": 1, "offensive": 1, "neither": 1})
    monkeypatch.setattr(moderation, "DAVIDSON_CHECKSUM", checksum([read.label, read.text]))
    assert load_texts(path).card.differences == ()
    for texts in ([MILD[2], *MILD[1:]], [*MILD[1:], MILD[0]]):
        assert "its values have the checksum" in load_texts(written(path, texts)).card.differences[0]


def test_another_separator_is_named_and_no_text_is_shown(path):
    pd.DataFrame(dict.fromkeys(DAVIDSON_COLUMNS, MILD)).to_csv(path, index=False, sep=";")
    refused(path, "is separated by ';'")


def refused(path, words):
    """`load_texts` refuses the file in these `words`, which show nothing of its texts."""
    with pytest.raises(DataError, match=words) as caught:
        load_texts(path)
    assert not any(mild in str(caught.value) for mild in MILD)
    assert caught.value.__cause__ is None


def test_a_bad_label_is_named_by_its_row_and_no_text_is_shown(path):
    table = pd.read_csv(path, dtype=str)
    table.loc[0, "class"] = "maybe"
    table.to_csv(path, index=False)
    refused(path, "column class: row 0")


def test_a_missing_column_is_named(path):
    pd.read_csv(path, dtype=str).drop(columns="tweet").to_csv(path, index=False)
    refused(path, "lacks the column tweet")


def test_a_file_that_has_lost_its_header_shows_no_text_of_its_first_row(path):
    path.write_text("\n".join(path.read_text().split("\n")[1:]))
    refused(path, "lacks the column count")


def test_a_file_that_cannot_be_read_is_named_without_its_content(path):
    path.write_bytes(b"class,tweet\n0,the tea was cold \xff\xfe words\n")
    refused(path, "cannot be read")
    path.write_text("class,tweet,count,hate_speech,offensive_language,neither\n")
    refused(path, "holds nothing, 0 rows")
    path.unlink()
    refused(path, "does not exist")


def test_the_real_file_is_the_published_one_and_its_texts_are_never_shown(tmp_path):
    file = Path(os.environ.get("MLSD_DATA_DIR") or "/nonexistent", "moderation", "labeled_data.csv")
    if not file.exists():
        pytest.skip("MLSD_DATA_DIR is not set or holds no moderation/labeled_data.csv")
    read = load_texts()
    assert read.card.differences == ()
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    table["class"] = np.random.default_rng(0).permutation(table["class"])
    table.to_csv(tmp_path / "permuted.csv", index=False)
    assert "its values have the checksum" in load_texts(tmp_path / "permuted.csv").card.differences[0]
    shown = f"{read!r}\n{read}\n{read.card}"
    leaked = sum(len(text) > 3 and text in shown for text in read.text)
    assert leaked == 0
