"""Words that a reader from elsewhere would have to translate do not stand in the course, its messages or its names."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INSTEAD = {
    "dear": "expensive",
    "mend": "fix",
    "nursery": "preload server",
    "thereby": "so",
    "owing": "because of",
    "seat": "session",
    "untold": "not reported",
}
WORD = re.compile(
    r"(?<![a-z])(?:(dear|mend|nursery|thereby|owing|seat|untold)(?:er|est|ed|s|ing)?)(?![a-z])", re.IGNORECASE
)
KINDS = (".py", ".md", ".ipynb", ".toml", "Makefile")


def found_in(text: str) -> list[str]:
    """Each word that should be another one, with its line."""
    lines = enumerate(text.splitlines(), 1)
    return [f"line {at}: {m[0]!r}, write {INSTEAD[m[1].lower()]!r}" for at, line in lines for m in WORD.finditer(line)]


@pytest.mark.parametrize(
    ("text", "count"), [("a dearer one, mended", 2), ("recommend it to a dearth", 0), ("_mend(x)", 1)]
)
def test_words_are_found_in_every_form_and_not_in_others(text, count):
    assert len(found_in(text)) == count


def test_the_course_is_written_in_words_that_need_no_translation():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    texts = [ROOT / name for name in listed.splitlines() if name.endswith(KINDS) and name != "tests/test_words.py"]
    assert len(texts) > 300
    told = {
        str(path.relative_to(ROOT)): found for path in texts if path.exists() and (found := found_in(path.read_text()))
    }
    assert told == {}
