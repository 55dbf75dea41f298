"""Every value of the configuration stands in a decision record, as it is."""

import re

from train import CONFIG, HERE

STATED = re.compile(r"^`(\w+) = (.+)`$", re.MULTILINE)


def test_each_value_is_the_one_that_was_decided():
    texts = [file.read_text() for file in sorted((HERE / "decisions").glob("*.md"))]
    decided = {name: value for text in texts for name, value in STATED.findall(text)}
    assert {name: str(value) for name, value in CONFIG.items()} == decided
