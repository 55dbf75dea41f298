"""A notebook without its outputs: nothing else is lost however it comes in pieces, and what is held stays bounded."""

import io
import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from grader.grading.intake import limits, output_stripper
from grader.grading.intake.output_stripper import OutputStripper, TooLarge, read_notebook

TEXTS = some.sampled_from(["", 'a"]}', "{[\\", '\\"', "outputs", '"outputs": [', "\\", "[[[", "\u00e9"])
VALUES = some.recursive(
    TEXTS | some.integers() | some.none(),
    lambda inner: (
        some.lists(inner, max_size=4)
        | some.dictionaries(some.sampled_from(["outputs", "widgets", 'a"', "text"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def notebook(outputs, widgets, text="x = 1", other=None):
    """A notebook with something of the name `outputs` in every place where it is none."""
    code = {"cell_type": "code", "id": "a", "metadata": {"outputs": other}, "outputs": outputs, "source": text}
    markdown = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": [text, '"outputs": [']}
    return {"cells": [code, markdown, code], "metadata": {"outputs": other, "widgets": widgets}, "nbformat": 4}


@settings(deadline=None, max_examples=300)
@given(some.lists(VALUES, max_size=3), some.dictionaries(TEXTS, VALUES), TEXTS, VALUES, some.integers(1, 90))
def test_outputs_are_dropped_and_nothing_else_whatever_the_pieces(outputs, widgets, text, other, size):
    given_text = json.dumps(notebook(outputs, widgets, text, other), indent=size % 2 or None).encode()
    stripper = OutputStripper()
    pieces = [stripper.feed(given_text[at : at + size]) for at in range(0, len(given_text), size)]
    assert json.loads(b"".join(pieces) + stripper.rest()) == notebook([], {}, text, other)


@pytest.fixture
def no_small_ones(monkeypatch):
    """As if every notebook were a large one."""
    monkeypatch.setattr(limits, "SMALL_NOTEBOOK_BYTES", 8)
    monkeypatch.setattr(output_stripper, "PIECE", 1_000)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32"])
def test_a_notebook_keeps_its_encoding(no_small_ones, encoding):
    content = json.dumps(notebook(["x" * 5_000], {}, "\u00e9"), ensure_ascii=False).encode(encoding)
    kept = read_notebook(io.BytesIO(content))
    assert json.loads(kept.decode(encoding)) == notebook([], {}, "\u00e9")


def test_a_notebook_of_version_3_is_one_too(no_small_ones):
    cell = {"cell_type": "code", "input": "x", "outputs": [{"text": "y" * 100}]}
    kept = read_notebook(io.BytesIO(json.dumps({"worksheets": [{"cells": [cell]}]}).encode()))
    assert json.loads(kept) == {"worksheets": [{"cells": [cell | {"outputs": []}]}]}


@pytest.mark.parametrize("content", [b"%PDF-1.7 " * 9, b'{"cells": [1]} ]]} "x', b'{"cells": [{"outputs": [1, "cut'])
def test_what_is_no_notebook_comes_out_without_an_error(no_small_ones, content):
    kept = read_notebook(io.BytesIO(content))
    assert kept == content.replace(b'[1, "cut', b"[]")


TOO_LARGE = {
    "text": (b'{"cells": "' + b"x" * 31_000_000, "larger than 30 MB without its outputs"),
    "objects": (b'{"cells": [' + b"{}," * 3_000_000, "too many or too deep"),
    "numbers": (b'{"cells": [' + b"1," * 3_000_000, "more than 2,000,000 values"),
    "deep": (b"[" * 2_000_000, "too many or too deep"),
}


@pytest.mark.parametrize(("content", "said"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_would_cost_memory_to_parse_is_refused_with_the_limit(content, said):
    with pytest.raises(TooLarge, match=said):
        read_notebook(io.BytesIO(content))


def test_the_outputs_themselves_have_a_limit(monkeypatch):
    monkeypatch.setattr(limits, "NOTEBOOK_BYTES", 5_000_000)
    with pytest.raises(TooLarge, match="larger than 5 MB with its outputs"):
        read_notebook(io.BytesIO(b'{"cells": [{"outputs": ["' + b"x" * 6_000_000))


MEMORY = """
import resource, sys
from grader.grading.intake.notebook_parser import read
from grader.grading.intake.output_stripper import read_notebook

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

before = peak_mb()
with open(sys.argv[1], "rb") as file:
    assert len(read(read_notebook(file)).cells) == 1
print(peak_mb() - before)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such measure")
@pytest.mark.parametrize("output", ["{}", json.dumps("a line of a log"), json.dumps({"image/png": "A" * 1000})])
def test_memory_does_not_grow_with_the_outputs(tmp_path, output):
    with (tmp_path / "large.ipynb").open("w") as file:
        file.write('{"cells": [{"cell_type": "code", "outputs": [')
        for _ in range(75):
            file.write((output + ",") * (1_000_000 // len(output)))
        file.write(output + '], "source": "x = 1"}]}')
    run = subprocess.run([sys.executable, "-c", MEMORY, tmp_path / "large.ipynb"], capture_output=True, text=True)
    assert float(run.stdout) < 40, run.stderr
