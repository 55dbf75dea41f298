"""The one form in which a notebook is committed, what else every notebook must keep to, and the copy that is run.

Works on plain JSON, so that checking is cheap; IPython is asked only where a cell may hold a magic.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from notebook_runner.course import NotebookError, read_json

MOST_CODE_LINES = 25
LONGEST_ID = 64  # characters, by the format of notebooks
FORBIDDEN_TAGS = ("skip-execution", "raises-exception")
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
KEPT_OF_NOTEBOOK = ("mlsd", "nbgrader")
KEPT_OF_CELL = ("deletable", "editable", "jupyter", "mlsd", "nbgrader", "raw_mimetype", "slideshow", "tags")
WORDS_THAT_SAY_NOTHING = {"block", "cell", "code", "markdown", "raw", "text", "untitled"}
SHELL_LINES = {"conda", "mamba", "micromamba", "pip", "sc", "sx", "system", "uv"}
SHELL_CELLS = {
    "bash",
    "cmd",
    "perl",
    "pypy",
    "python",
    "python2",
    "python3",
    "ruby",
    "script",
    "sh",
    "sx",
    "system",
    "!",
}


def canonical(nb: Mapping[str, Any]) -> str:
    """The canonical text of a notebook, given as plain data or as nbformat's node.

    No outputs or execution counts, metadata without what front ends leave behind, kernel python3, format 4.5, sorted
    keys, one final line break. nbgrader's metadata, `mlsd` and tags stay. Raises `NotebookError` for a cell id that is
    missing, doubled or says nothing: an id is never invented, because updates, tests and reports refer to it.
    """
    if faults := [*_id_faults(nb["cells"])]:
        raise NotebookError(" ".join(faults))
    return json.dumps(stripped(nb), ensure_ascii=False, indent=1, sort_keys=True, separators=(",", ": ")) + "\n"


def stripped(nb: Mapping[str, Any]) -> dict[str, Any]:
    """The notebook without what its runs and a front end left in it: no outputs or counts, and each cell has an id.

    Whatever a reader did in a notebook, this can be run: ids that are missing or doubled are made up.
    """
    metadata = {key: nb.get("metadata", {})[key] for key in KEPT_OF_NOTEBOOK if key in nb.get("metadata", {})}
    return {
        "cells": [_canonical_cell(cell) for cell in with_ids(nb["cells"], set())],
        "metadata": {**metadata, "kernelspec": KERNELSPEC, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _canonical_cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {key: cell["metadata"][key] for key in KEPT_OF_CELL if cell.get("metadata", {}).get(key)}
    for key in ("editable", "deletable"):  # false is what they are for
        if key in cell.get("metadata", {}):
            metadata[key] = cell["metadata"][key]
    if "tags" in metadata:
        metadata["tags"] = sorted(set(metadata["tags"]))
    if "jupyter" in metadata:
        metadata["jupyter"] = {k: v for k, v in metadata["jupyter"].items() if k != "outputs_hidden"}
    clean: dict[str, Any] = {
        "cell_type": cell["cell_type"],
        "id": cell["id"],
        "metadata": {key: value for key, value in metadata.items() if value != {}},
        "source": source_of(cell).splitlines(keepends=True),
    }
    if cell["cell_type"] == "code":
        clean.update(execution_count=None, outputs=[])
    elif cell.get("attachments"):
        clean["attachments"] = cell["attachments"]
    return clean


def has_outputs(nb: Mapping[str, Any]) -> bool:
    """Whether somebody ran cells of the notebook and saved what they showed."""
    return any(cell.get("outputs") for cell in nb["cells"])


def with_ids(cells: Iterable[Mapping[str, Any]], taken: set[str]) -> Iterator[dict[str, Any]]:
    """The same cells, each with an id that is not among those `taken`, which grow."""
    for cell in cells:
        wanted = str(cell.get("id") or "own")[:LONGEST_ID]
        free, number = wanted, 2
        while free in taken:
            free, number = f"{wanted[: LONGEST_ID - 6]}-{number}", number + 1
        taken.add(free)
        yield {**cell, "id": free}


def source_of(cell: Mapping[str, Any]) -> str:
    """The cell's text, whether the file holds it as one string or as lines, with plain line breaks."""
    source = cell.get("source", "")
    return (source if isinstance(source, str) else "".join(source)).replace("\r\n", "\n")


def _id_faults(cells: list[Mapping[str, Any]]) -> Iterator[str]:
    seen: set[str] = set()
    for number, cell in enumerate(cells, 1):
        identity = cell.get("id")
        if not isinstance(identity, str) or not identity:
            start = source_of(cell).strip().splitlines()[:1]
            yield f"Cell {number} ({' '.join(start)[:40]!r}) has no id. Give it a short slug that says what it is for."
        elif identity in seen:
            yield f"Cell {number} has the id {identity!r} of an earlier cell. Give it one of its own."
        elif not says_something(identity):
            yield (
                f"Cell {number} has the id {identity!r}, which says nothing. Give it a slug of lower-case words "
                "joined by hyphens that says what the cell is for, such as open-loop-p99."
            )
        if isinstance(identity, str):
            seen.add(identity)


def says_something(identity: str) -> bool:
    """True if a cell id is a slug (lower-case words, hyphens) with a word in it; false for hex, numbers, `cell-3`."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", identity) or len(identity) > LONGEST_ID:
        return False
    return any(_is_a_word(part) for part in identity.split("-"))


def _is_a_word(part: str) -> bool:
    letters = re.fullmatch(r"([a-z]{2,})[0-9]{0,3}", part)
    if letters is None or letters[1] in WORDS_THAT_SAY_NOTHING:
        return False
    return not (len(part) >= 4 and part != letters[1] and re.fullmatch(r"[0-9a-f]+", part)) and (
        bool(re.search("[aeiouy]", letters[1])) or len(letters[1]) < 6
    )


def problems(path: Path) -> list[str]:
    """What keeps the notebook at `path` from being committed, as sentences; empty if nothing does."""
    try:
        nb = read_json(path)
    except NotebookError as error:
        return [str(error)]
    found = [*_id_faults(nb["cells"])]
    for cell in nb["cells"]:
        found += [f"Cell {cell.get('id')!r}: {fault}" for fault in _cell_faults(cell)]
    if not found and path.read_bytes().decode() != canonical(nb):
        found.append(f"It is not in canonical form ({_first_deviation(path, nb)}). `mlsd notebooks --fix` writes it.")
    return found


def _first_deviation(path: Path, nb: Mapping[str, Any]) -> str:
    code = [cell for cell in nb["cells"] if cell["cell_type"] == "code"]
    if any(cell.get("outputs") for cell in code):
        return "a cell has outputs"
    if any(cell.get("execution_count") is not None for cell in code):
        return "a cell has an execution count"
    written, wanted = path.read_bytes().decode().splitlines(), canonical(nb).splitlines()
    for number, (have, want) in enumerate(zip(written, wanted, strict=False), 1):
        if have != want:
            return f"line {number} is {have.strip()[:60]!r}, canonical is {want.strip()[:60]!r}"
    return "it ends otherwise"


def unseen_faults(cell: Mapping[str, Any]) -> Iterator[str]:
    """What in a cell would fail, or not run, without a run that shows it; as sentences."""
    for tag in FORBIDDEN_TAGS:
        if tag in cell.get("metadata", {}).get("tags", []):
            yield f"the tag {tag!r} makes a run green that did not happen. Remove it."
    if cell.get("cell_type") == "code" and (shell := shell_call(source_of(cell))):
        yield f"{shell!r} runs a shell, whose failure a run does not see. Use subprocess.run(..., check=True)."


def _cell_faults(cell: Mapping[str, Any]) -> Iterator[str]:
    yield from unseen_faults(cell)
    if cell.get("cell_type") != "code":
        return
    source = source_of(cell)
    if not source.strip():
        yield "it is an empty code cell. Remove it."
    if (lines := code_lines(source)) > MOST_CODE_LINES:
        yield f"{lines} lines of code; {MOST_CODE_LINES} is the most. Split it, or move what it does into a module."


def code_lines(source: str) -> int:
    """How many lines of a cell are code: neither blank nor comment alone."""
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in source.splitlines())


def shell_call(source: str) -> str:
    """The first shell line or shell magic in a code cell (`!ls`, `%%bash`, `%pip`), or an empty string.

    IPython's own transformer decides, so that an exclamation mark inside a string counts for nothing.
    """
    if not any(mark in source for mark in ("!", "%", "get_ipython", "system")):
        return ""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        tree = ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError:
        return ""  # the run will say so
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (found := _shell_of_call(node)):
            return found
    return ""


def _shell_of_call(node: ast.Call) -> str:
    if not isinstance(node.func, ast.Attribute):
        return ""
    texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    called = ast.unparse(node.func)
    if called in ("get_ipython().system", "get_ipython().getoutput", "os.system"):
        return f"{'os.system ' if called == 'os.system' else '!'}{texts[0].splitlines()[0] if texts else '...'}"
    if called == "get_ipython().run_line_magic" and texts and texts[0] in SHELL_LINES:
        return f"%{texts[0]}"
    if called == "get_ipython().run_cell_magic" and texts:
        return f"%%{texts[0]}" if texts[0] in SHELL_CELLS else shell_call(texts[-1])
    return ""
