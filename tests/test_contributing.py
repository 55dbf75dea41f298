"""The paths that CONTRIBUTING.md describes can be followed: each file of a step is there, each test finds tests."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATHS = (ROOT / "CONTRIBUTING.md").read_text().partition("## Four short paths")[2].partition("\n## ")[0]
EXAMPLE = {
    "NAME": "reduce_latency",
    "SECTION": "serving_options",
    "NOTEBOOK": "chapters/02_design_a_machine_learning_system/10_serving_options.ipynb",
    "NN_name": "10_serving_options",
    "CHAPTER": "02_design_a_machine_learning_system",
}
STEPS = [re.sub("|".join(EXAMPLE), lambda word: EXAMPLE[word[0]], step) for step in re.findall(r"`([^`]+)`", PATHS)]


def test_there_are_four_paths_with_steps():
    assert re.findall(r"^\*\*(.+)\.\*\*$", PATHS, re.MULTILINE) == [
        "Add a lesson", "Add an exercise", "Change a threshold", "Fix feedback"
    ]  # fmt: skip
    assert len(STEPS) > 20


@pytest.mark.parametrize("step", sorted({step for step in STEPS if "/" in step and " " not in step}))
def test_each_file_of_a_step_exists(step):
    assert (ROOT / step).exists()


@pytest.mark.parametrize("step", sorted({step for step in STEPS if step.startswith("pytest ")}))
def test_each_test_of_a_step_finds_tests(step):
    folder, word = re.fullmatch(r"pytest (\S+) -k (\S+)", step).groups()
    if folder == "tests/lessons":  # each of its tests is named after the notebook that it is about
        assert list((ROOT / "chapters").rglob(f"{word}.ipynb"))
        return
    texts = [path.read_text() for path in (ROOT / folder).rglob("*.py")]
    assert any(word in text for text in texts) or list((ROOT / folder).rglob(f"*{word}*"))
