"""Readers of the published texts: by published names, telling when a file is another, and never showing a text."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlsd_lib.datasets import DataError
from mlsd_lib.datasets.moderation import PUBLISHED, load_texts
from mlsd_lib.datasets.published import checksum

MILD = ["the tea was cold", "a very mild remark, with a comma", "no soup today"]


def written(name, folder, texts=MILD):
    """A small mild file of the published form."""
    known = PUBLISHED[name]
    table = pd.DataFrame({column: ["1"] * len(texts) for column in known.columns})
    labels = list(known.labels)
    table[known.label] = [labels[i % len(labels)] for i in range(len(texts))]
    table[known.text] = texts
    path = folder / known.files.replace("*", "1-Psy")
    if name == "sms":
        path.write_text("".join(f"{label}\t{text}\n" for label, text in zip(table["label"], texts, strict=True)))
    else:
        table.to_csv(path, index=name == "davidson", encoding="utf-8-sig" if name == "youtube" else "utf-8")
    return path


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_file_is_read_by_its_published_names_and_says_how_it_differs(tmp_path, name):
    read = load_texts(name, written(name, tmp_path))
    assert read.text.tolist() == MILD
    whole = dict(PUBLISHED[name].labels.values())
    assert set(read.label) <= whole.keys()
    assert (read.group is not None) == bool(PUBLISHED[name].group)
    assert f"3 rows, published {sum(whole.values()):,}" in str(read.card)
    assert load_texts(name, tmp_path).text.tolist() == MILD


def test_the_five_youtube_files_are_read_as_one(tmp_path):
    path = written("youtube", tmp_path)
    (tmp_path / "Youtube02-Shop.csv").write_bytes(path.read_bytes())
    read = load_texts("youtube", tmp_path)
    assert read.part.tolist() == ["Psy"] * 3 + ["Shop"] * 3


@pytest.mark.parametrize("name", PUBLISHED)
def test_permuted_labels_and_another_text_are_not_taken_for_the_published_file(tmp_path, monkeypatch, name):
    """The mild file is declared to be the published one: right counts alone do not make it that."""
    known, path = PUBLISHED[name], written(name, tmp_path)
    read = load_texts(name, path)
    columns = [column for column in (read.label, read.text, read.group) if column is not None]
    labels = {value: (meaning, int((read.label == meaning).sum())) for value, (meaning, _) in known.labels.items()}
    parts = {read.part[0]: [count for _, count in labels.values()]} if known.parts else {}
    same = replace(known, labels=labels, parts=parts, checksum="" if known.parts else checksum(columns))
    monkeypatch.setitem(PUBLISHED, name, same)
    assert load_texts(name, path).card.differences == ()
    if known.parts:  # a video's comments under another one's name
        (difference, *_) = load_texts(name, path.rename(tmp_path / "Youtube02-Shop.csv")).card.differences
        assert f"0 ham under {read.part[0]}, published" in difference
        return
    text = path.read_text(encoding="utf-8")
    assert MILD[0] in text
    path.write_text(text.replace(MILD[0], MILD[2], 1), encoding="utf-8")
    assert "its values have the checksum" in load_texts(name, path).card.differences[0]
    written(name, tmp_path, [*MILD[1:], MILD[0]])
    assert "its values have the checksum" in load_texts(name, path).card.differences[0]


@pytest.mark.parametrize("name", PUBLISHED)
def test_another_separator_is_named_and_no_text_is_shown(tmp_path, name):
    path = written(name, tmp_path)
    table = pd.DataFrame(dict.fromkeys(PUBLISHED[name].columns, MILD))
    table.to_csv(path, index=False, sep=";", header=name != "sms")
    with pytest.raises(DataError, match="is separated by ';'") as caught:
        load_texts(name, path)
    assert not any(mild in str(caught.value) for mild in MILD)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_bad_label_is_named_by_its_row_and_no_text_is_shown(tmp_path, name):
    path = written(name, tmp_path)
    known = PUBLISHED[name]
    label = next(iter(known.labels))
    text = path.read_text(encoding="utf-8-sig")
    if name == "sms":
        text = text.replace(f"{label}\t", "maybe\t", 1)
    else:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
        table.loc[0, known.label] = "maybe"
        text = table.to_csv(index=False)
    path.write_text(text)
    with pytest.raises(DataError, match=f"column {known.label}: row 0") as caught:
        load_texts(name, path)
    assert not any(mild in str(caught.value) for mild in MILD)


@pytest.mark.parametrize("name", ["davidson", "hatecheck", "youtube"])
def test_a_missing_column_is_named(tmp_path, name):
    path, known = written(name, tmp_path), PUBLISHED[name]
    pd.read_csv(path, dtype=str, encoding="utf-8-sig").drop(columns=known.text).to_csv(path, index=False)
    with pytest.raises(DataError, match=f"lacks the column {known.text}"):
        load_texts(name, path)


def test_a_file_that_has_lost_its_header_shows_no_text_of_its_first_row(tmp_path):
    path = written("davidson", tmp_path)
    path.write_text("\n".join(path.read_text().split("\n")[1:]))
    with pytest.raises(DataError, match="lacks the column count") as caught:
        load_texts("davidson", path)
    assert not any(mild in str(caught.value) for mild in MILD)


def test_a_file_that_cannot_be_read_is_told_without_its_content(tmp_path):
    path = tmp_path / "labeled_data.csv"
    path.write_bytes(b"class,tweet\n0,secret \xff\xfe words\n")
    with pytest.raises(DataError, match="cannot be read") as caught:
        load_texts("davidson", path)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    path.write_text("class,tweet,count,hate_speech,offensive_language,neither\n")
    with pytest.raises(DataError, match="holds nothing, 0 rows"):
        load_texts("davidson", path)


def test_where_nothing_is_the_message_says_what_to_put_there(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="must be one of davidson, sms"):
        load_texts("twitter")
    with pytest.raises(DataError, match="does not exist"):
        load_texts("hatecheck", tmp_path)
    monkeypatch.delenv("MLSD_DATA_DIR", raising=False)
    with pytest.raises(DataError, match="MLSD_DATA_DIR is not set"):
        load_texts("sms")


def shuffled(name, folder, into):
    """A copy of a real file whose labels are permuted: every count is the published one."""
    known = PUBLISHED[name]
    kind = {"sep": "\t", "header": None, "names": list(known.columns), "quoting": 3} if name == "sms" else {}
    table = pd.read_csv(folder / known.files, dtype=str, keep_default_na=False, **kind)
    table[known.label] = np.random.default_rng(0).permutation(table[known.label])
    path = into / known.files
    lines = "".join(f"{label}\t{text}\n" for label, text in zip(table[known.label], table[known.text], strict=True))
    path.write_text(lines if name == "sms" else table.to_csv(index=False))
    return path


@pytest.mark.parametrize("name", ["davidson", "sms"])
def test_the_real_files_are_the_published_ones_and_their_texts_are_never_shown(name, tmp_path):
    folder = Path(os.environ.get("MLSD_DATA_DIR") or "/nonexistent", "moderation")
    if not (folder / PUBLISHED[name].files).exists():
        pytest.skip(f"MLSD_DATA_DIR is not set or holds no moderation/{PUBLISHED[name].files}")
    read = load_texts(name)
    assert read.card.differences == ()
    altered = shuffled(name, folder, tmp_path)
    assert "its values have the checksum" in load_texts(name, altered).card.differences[0]
    shown = f"{read!r}\n{read}\n{read.card}"
    leaked = sum(len(text) > 3 and text in shown for text in read.text)
    assert leaked == 0
