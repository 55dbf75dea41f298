"""The protocol on published tweets: what it reaches, on the real file where it is; and no real text in any output."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from case_studies.moderation.train import published
from mlsd_lib.datasets import DataCard
from mlsd_lib.datasets.moderation import LabelledTexts, load_texts
from notebook_runner.errors import CourseError


def real():
    file = Path(os.environ.get("MLSD_DATA_DIR") or "/nonexistent", "moderation", "labeled_data.csv")
    if not file.exists():
        pytest.skip("MLSD_DATA_DIR is not set or holds no moderation/labeled_data.csv")
    return file


def windows(text, words=4):
    parts = text.split()
    return {" ".join(parts[i : i + words]) for i in range(len(parts) - words + 1)}


def reported(folder, *words):
    """What `report --protocol` printed; and that of the texts in `folder` nothing was printed or written."""
    command = [sys.executable, "-m", "case_studies.moderation", "report", "--protocol", "davidson", *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def leaks(texts, done, folder):
    """How many of the texts are, in four words in a row, in what was printed, or whole in a file of `folder`."""
    shown = windows(done.stdout) | windows(done.stderr)
    written = [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]
    return sum(bool(windows(text) & shown) or any(text in content for content in written) for text in texts)


@pytest.mark.parametrize(
    ("counts", "text", "told"),
    [([20], "a", "1 classes of 5 .* needs 2"), ([9, 4], "a", "1 classes"), ([9, 9], "", "No word occurs in two of 14")],
)
def test_too_few_classes_tweets_or_words_are_told_with_how_many_are_needed(counts, text, told):
    label, card = np.repeat(["hate", "neither"][: len(counts)], counts), DataCard("a", 1, "MIT", True, "a.csv")
    with pytest.raises(CourseError, match=told):
        published(LabelledTexts(np.full(len(label), text, dtype=object), label, None, card))


def test_the_protocol_reaches_its_figure_and_prints_no_text(tmp_path):
    real()
    done = reported(tmp_path)
    assert done.returncode == 0, "the protocol failed"
    figures = {
        line.rsplit(maxsplit=3)[0]: float(line.rsplit(maxsplit=3)[1])
        for line in done.stdout.splitlines()
        if " F1 " in line
    }
    assert figures["weighted F1"] >= 0.86
    assert "hate F1" in figures
    assert leaks(load_texts().text, done, tmp_path) == 0


def test_a_broken_copy_of_a_real_file_is_refused_without_a_text(tmp_path):
    broken = tmp_path / "labeled_data.csv"
    whole = real().read_text(encoding="utf-8")
    head, first, *_ = whole.split("\n", 2)
    broken.write_text(f"{head}\n{first.replace(',2,', ',9,', 1).replace(',2,', ',9,')}\n", encoding="utf-8")
    done = reported(tmp_path, "--source", broken)
    assert done.returncode != 0 or "differs from the published file" in done.stdout
    broken.unlink()
    assert leaks(load_texts().text[:1], done, tmp_path) == 0
