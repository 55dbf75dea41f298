"""The published protocols: what they reach, on the real files where those are; and no real text in any output."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from case_studies.moderation import train
from mlsd_lib.datasets.moderation import PUBLISHED, load_texts


def real(name):
    folder = Path(os.environ.get("MLSD_DATA_DIR") or "/nonexistent", "moderation")
    if not (folder / PUBLISHED[name].files).exists():
        pytest.skip(f"MLSD_DATA_DIR is not set or holds no moderation/{PUBLISHED[name].files}")
    return folder


def windows(text, words=4):
    parts = text.split()
    return {" ".join(parts[i : i + words]) for i in range(len(parts) - words + 1)}


def reported(folder, name, *words, **environment):
    """What `report --protocol` printed; and that of the texts in `folder` nothing was printed or written."""
    command = [sys.executable, "-m", "case_studies.moderation", "report", "--protocol", name, *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, **environment})


def leaks(texts, done, folder):
    """How many of the texts are, in four words in a row, in what was printed, or whole in a file of `folder`."""
    shown = windows(done.stdout) | windows(done.stderr)
    written = [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]
    return sum(bool(windows(text) & shown) or any(text in content for content in written) for text in texts)


@pytest.mark.parametrize(("name", "figure", "least"), [("sms", "spam F1", 0.94), ("davidson", "weighted F1", 0.86)])
def test_a_protocol_reaches_its_figure_and_prints_no_text(name, figure, least, tmp_path):
    real(name)
    done = reported(tmp_path, name)
    assert done.returncode == 0, "the protocol failed"
    line = next(line for line in done.stdout.splitlines() if line.startswith(figure))
    assert float(line.split()[len(figure.split())]) >= least
    if name == "davidson":
        assert "hate F1" in done.stdout
    assert leaks(load_texts(name).text, done, tmp_path) == 0


@pytest.fixture
def mild_files(tmp_path):
    """HateCheck's and Davidson's form with mild texts: turnips are hated, clowns offensive, hills like others."""
    tweets = [
        (f"those {who} people are {word} and always were", label)
        for who in ("hill", "valley", "river", "forest")
        for word, label in (("turnips", 0), ("clowns", 1), ("kind", 2))
        for _ in range(5)
    ]
    table = pd.DataFrame(tweets, columns=["tweet", "class"])
    table[["count", "hate_speech", "offensive_language", "neither"]] = 3
    (tmp_path / "moderation").mkdir()
    table.to_csv(tmp_path / "moderation" / "labeled_data.csv")
    cases = pd.DataFrame(
        [
            ("derog_neg_attrib_h", "those hill people are turnips and that is all", "hateful"),
            ("negate_neg_nh", "those hill people are not turnips and never will be", "non-hateful"),
            ("ident_neutral_nh", "those hill people are my kind of neighbours", "non-hateful"),
            ("spell_leet_h", "those hill people are turn1ps and always will be", "hateful"),
            ("slur_h", "nobody wrote anything of this kind before today", "hateful"),
        ],
        columns=["functionality", "test_case", "label_gold"],
    )
    cases.assign(case_id=range(5), target_ident="hill").to_csv(tmp_path / "test_suite_cases.csv", index=False)
    return tmp_path, [*cases["test_case"], *table["tweet"]]


def test_hatecheck_is_judged_by_the_gate_and_prints_no_text(mild_files, tmp_path_factory):
    folder, texts = mild_files
    empty = tmp_path_factory.mktemp("empty")
    done = reported(
        empty, "hatecheck", "--source", folder / "test_suite_cases.csv", MLSD_DATA_DIR=str(folder), COLUMNS="200"
    )
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if "_" in line.split()[0]}
    assert rows["derog_neg_attrib_h"] == ["1", "1.000", "direct", "0.75", "passes"]
    assert rows["negate_neg_nh"] == ["1", "0.000", "negation", "0.90", "fails"]
    assert rows["ident_neutral_nh"][-1] == rows["spell_leet_h"][-1] == "passes"
    assert rows["slur_h"] == ["1", "0.000", "NaN"]
    whole = [line.split() for line in done.stdout.splitlines() if line.startswith("all")]
    assert [row[-3:] for row in whole] == [["5", share, "NaN"] for share in ("0.600", "0.600", "0.632")]
    assert leaks(texts, done, empty) == 0


def test_a_broken_copy_of_a_real_file_is_refused_without_a_text(tmp_path):
    folder = real("davidson")
    broken = tmp_path / "labeled_data.csv"
    whole = (folder / "labeled_data.csv").read_text(encoding="utf-8")
    head, first, *_ = whole.split("\n", 2)
    broken.write_text(f"{head}\n{first.replace(',2,', ',9,', 1).replace(',2,', ',9,')}\n", encoding="utf-8")
    done = reported(tmp_path, "davidson", "--source", broken)
    assert done.returncode != 0 or "differs from the published file" in done.stdout
    broken.unlink()
    assert leaks(load_texts("davidson").text[:1], done, tmp_path) == 0


def test_an_author_is_never_in_both_halves(tmp_path):
    lines = [
        f"{i},writer{i % 7},2020-01-01,{'win a mild prize' if i % 2 else 'nice song, thanks'},{i % 2}"
        for i in range(70)
    ]
    path = tmp_path / "Youtube01.csv"
    path.write_text(
        "COMMENT_ID,AUTHOR,DATE,CONTENT,CLASS\n"
        + "\n".join(line.replace("nice song, thanks", "nice song") for line in lines)
    )
    table = train.published(load_texts("youtube", path), "youtube")
    assert table.loc["spam F1", "here"] == 1
    assert table.loc["always", "here"] == 0.5
    assert np.isnan(table[["measured_before", "published"]]).all(axis=None)
    assert not any("video" in figure for figure in table.index)  # there is one


def test_a_video_is_judged_by_what_was_learned_from_the_others(tmp_path):
    """Spam has one word under two of three videos and another one under the third, where it is not recognised."""
    words = {"Psy": "prize", "Shakira": "prize", "Eminem": "voucher"}
    for number, (video, word) in enumerate(words.items()):
        lines = [
            f"{i},writer{number}{i},2020-01-01,{f'mild {word}' if i % 2 else 'nice song'},{i % 2}" for i in range(40)
        ]
        lines.insert(0, "COMMENT_ID,AUTHOR,DATE,CONTENT,CLASS")
        (tmp_path / f"Youtube0{number}-{video}.csv").write_text("\n".join(lines))
    table = train.published(load_texts("youtube", tmp_path), "youtube")["here"]
    assert table["accuracy"] == 1
    held_out = [table[f"accuracy, {video} held out"] for video in words]
    assert held_out[:2] == [1, 1]
    assert table["accuracy, mean over videos"] == pytest.approx(np.mean(held_out))
