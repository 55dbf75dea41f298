"""The published protocols: what they reach, on the real files where those are; and no real text in any output."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
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


@pytest.mark.parametrize(("name", "figure", "least"), [("sms", "spam F1", 0.94), ("davidson", "weighted F1", 0.86)])
def test_a_protocol_reaches_its_figure_and_prints_no_text(name, figure, least, tmp_path):
    real(name)
    words = [sys.executable, "-m", "case_studies.moderation", "report", "--protocol", name]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, "the protocol failed"
    line = next(one for one in done.stdout.splitlines() if one.startswith(figure))
    assert float(line.split()[len(figure.split())]) >= least
    if name == "davidson":
        assert "hate F1" in done.stdout
    shown = windows(done.stdout) | windows(done.stderr)
    written = [path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    read = load_texts(name)
    leaked = sum(bool(windows(text) & shown) or any(text in one for one in written) for text in read.text)
    assert leaked == 0


def test_a_broken_copy_of_a_real_file_is_refused_without_a_text(tmp_path):
    folder = real("davidson")
    broken = tmp_path / "labeled_data.csv"
    whole = (folder / "labeled_data.csv").read_text(encoding="utf-8")
    head, first, *_ = whole.split("\n", 2)
    broken.write_text(f"{head}\n{first.replace(',2,', ',9,', 1).replace(',2,', ',9,')}\n", encoding="utf-8")
    words = [sys.executable, "-m", "case_studies.moderation", "report", "--protocol", "davidson", "--source", broken]
    done = subprocess.run(list(map(str, words)), cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0 or "differs from the published file" in done.stdout
    tweet = load_texts("davidson").text[0]
    leaked = bool((windows(done.stdout) | windows(done.stderr)) & windows(tweet))
    assert not leaked


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
    assert np.isnan(table["measured_before"]).all()
