"""Structure: test cells edited, moved, lost or disguised, stripped metadata, odd JSON, other encodings and formats."""

import json
from typing import Any

import nbformat

from tests.attacks.case import EVERY, answer, case, change, drop, extra, find, mark, of_kind, tag, whole, wrong
from tests.attacks.course.ps1 import PS1

TESTS = sorted(EVERY)
PASSES = "assert True"
BONUS = {"grade": True, "grade_id": "bonus", "points": 50, "locked": True, "solution": False, "schema_version": 3}
RESULT = {"output_type": "execute_result", "data": {"text/plain": "3"}, "metadata": {}, "execution_count": 7}
NOT_CELLS = [None, 5, "text", [], {}, {"cell_type": "code"}, {"cell_type": "heading", "source": "x", "level": 1}]


def swap(first: str, second: str):
    def edit(notebook: dict[str, Any]) -> None:
        cells = notebook["cells"]
        a, b = cells.index(find(notebook, first)), cells.index(find(notebook, second))
        cells[a], cells[b] = cells[b], cells[a]

    return edit


def double(name: str, **parts: Any):
    """A second cell with the same ids after the first."""

    def edit(notebook: dict[str, Any]) -> None:
        cell = find(notebook, name)
        notebook["cells"].insert(notebook["cells"].index(cell) + 1, {**cell, **parts})

    return edit


def strip(notebook: dict[str, Any]) -> None:
    """Colab's export: cells keep their text only."""
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"], cell["id"] = {"id": f"cell{number:08d}", "colab": {"base_uri": "here"}}, f"cell{number:08d}"


def without_ids(notebook: dict[str, Any]) -> None:
    for cell in notebook["cells"]:
        del cell["id"]


def bare(notebook: dict[str, Any]) -> None:
    """Older VS Code: neither ids nor metadata."""
    without_ids(notebook)
    notebook.update(nbformat_minor=2, metadata={})
    for cell in notebook["cells"]:
        cell["metadata"] = {}


def merge(notebook: dict[str, Any]) -> None:
    """All answers in the first answer cell, the other answer cells deleted."""
    find(notebook, "mean")["source"] = "\n\n".join(task.right for task in PS1.tasks)
    drop(*[task.name for task in PS1.tasks[1:]])(notebook)


def old_format(notebook: dict[str, Any]) -> bytes:
    return nbformat.writes(nbformat.convert(nbformat.from_dict(notebook), 3), version=3).encode()


def cut_in_rows(notebook: dict[str, Any]) -> bytes:
    """A download that broke off: what came before may still be read."""
    text = json.dumps(notebook)
    return text[: text.index("csv.DictReader")].encode()


def in_lines(notebook: dict[str, Any]) -> None:
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)


def with_accents(notebook: dict[str, Any]) -> str:
    find(notebook, "mean")["source"] += "\n# é ü ñ"
    return json.dumps(notebook, ensure_ascii=False)


def number_all(value: Any):
    """Give every cell the same id."""
    return whole(lambda notebook: [cell.update(id=value) for cell in notebook["cells"]])


def kernel(**spec: Any):
    return whole(lambda notebook: notebook["metadata"].update(kernelspec=spec))


# A table: one case, one entry.
# fmt: off
CASES = of_kind("structure", [
    # Test cells
    case("skip_tag", wrong("mean", "zero"), tag("mean-test", "skip-execution"), lost="mean", flagged="mean-test"),
    case("raises_tag", wrong("mean", "zero"), tag("mean-test", "raises-exception"), lost="mean"),
    case("remove_tags", wrong("mean", "zero"), tag("mean-test", "remove-cell", "remove_input"), lost="mean"),
    case("test_edited", wrong("mean", "zero"), change("mean-test", source=PASSES), lost="mean", flagged="mean-test"),
    case("test_emptied", wrong("mean", "zero"), change("mean-test", source=""), lost="mean", flagged="mean-test"),
    case("test_edited_answer_right", change("mean-test", source=PASSES), flagged="mean-test"),
    case("test_deleted", wrong("mean", "zero"), drop("mean-test"), lost="mean", flagged="mean-test"),
    case("test_deleted_answer_right", drop("mean-test"), flagged="mean-test"),
    case("all_tests_deleted", wrong("mean", "zero"), drop(*TESTS), lost="mean", flagged="mean-test fib-test"),
    case("test_before_its_answer", swap("mean", "mean-test"), flagged="mean-test"),
    case("tests_first", whole(lambda notebook: notebook["cells"].sort(key=lambda cell: cell["id"] not in TESTS))),
    case("cells_reversed", whole(lambda notebook: notebook["cells"].reverse())),
    case("test_doubled", wrong("mean", "zero"), double("mean-test", source=PASSES), lost="mean", flagged="*"),
    case("test_doubled_before", wrong("mean", "zero"), double("mean-test"), change("mean-test", source=PASSES),
         lost="mean", flagged="*"),
    case("test_made_text", wrong("mean", "zero"), change("mean-test", cell_type="markdown"), lost="mean",
         flagged="mean-test"),
    case("test_made_raw", change("mean-test", cell_type="raw"), flagged="mean-test"),
    case("test_made_an_answer", wrong("mean", "zero"), mark("mean-test", solution=True, locked=False), lost="mean"),
    case("test_made_manual", wrong("mean", "zero"), mark("mean-test", grade=True, solution=True, locked=False),
         change("mean-test", source="mine"), lost="mean", flagged="mean-test"),
    case("test_renamed", wrong("mean", "zero"), mark("mean-test", grade_id="other"), change("mean-test", source=PASSES),
         lost="mean", flagged="mean-test"),
    case("test_ids_swapped", wrong("mean", "zero"), mark("mean-test", grade_id="scale-test"),
         mark("scale-test", grade_id="mean-test"), lost="mean"),
    case("test_not_graded", wrong("mean", "zero"), mark("mean-test", grade=False), lost="mean", flagged="mean-test"),
    case("points_raised", mark("mean-test", points=200), flagged="mean-test"),
    case("points_negative", mark("mean-test", points=-5)),
    case("points_text", mark("mean-test", points="many")),
    case("points_missing", whole(lambda notebook: find(notebook, "mean-test")["metadata"]["nbgrader"].pop("points"))),
    case("schema_old", mark("mean-test", schema_version=1)),
    case("schema_future", mark("mean-test", schema_version=99)),
    case("schema_text", mark("mean-test", schema_version="three")),
    case("checksum_forged", wrong("mean", "zero"), change("mean-test", source=PASSES),
         mark("mean-test", checksum="0" * 32), lost="mean", flagged="mean-test"),
    case("points_for_an_extra_cell", wrong("mean", "zero"), extra("50", nbgrader=BONUS), lost="mean", flagged="bonus"),
    case("task_of_its_own", extra("done", kind="markdown", nbgrader=BONUS | {"task": True, "grade": False})),
    case("outputs_forged", wrong("words", "none"), change("words-test", outputs=[RESULT]), lost="words"),
    # Answer and locked cells
    case("answer_deleted", drop("mean"), lost="mean"),
    case("answer_doubled", double("mean"), flagged="*"),
    case("answer_made_raw", change("mean", cell_type="raw"), flagged="*"),
    case("answer_made_text", change("mean", cell_type="markdown"), flagged="*"),
    case("answers_merged", whole(merge)),
    case("answers_moved_to_the_end", whole(lambda notebook: notebook["cells"].append(
        notebook["cells"].pop(notebook["cells"].index(find(notebook, "mean")))))),
    case("setup_edited", change("setup", source="np = share = math = time = None"), flagged="setup"),
    case("setup_deleted", drop("setup"), flagged="setup"),
    case("manual_answer_made_code", change("why", cell_type="code", outputs=[], execution_count=None)),
    # Metadata
    case("metadata_stripped", whole(strip), flagged="*"),
    case("metadata_and_ids_stripped", whole(bare), flagged="*"),
    case("metadata_stripped_one_wrong", wrong("scale", "shifted"), whole(bare), lost="scale", flagged="*"),
    case("ids_missing", whole(without_ids)),
    case("ids_equal", number_all("same")),
    case("ids_invalid", number_all("not an id, far too long and with spaces " * 3)),
    case("metadata_null", change("mean-test", metadata=None)),
    case("nbgrader_metadata_a_list", change("mean-test", metadata={"nbgrader": ["grade"]})),
    case("metadata_huge", whole(lambda notebook: notebook["metadata"].update(widgets="x" * 3_000_000))),
    case("metadata_not_finite", whole(lambda notebook: notebook["metadata"].update(n=float("nan"), i=float("inf")))),
    case("no_metadata", whole(lambda notebook: notebook.pop("metadata"))),
    case("kernel_unknown", kernel(name="conda-env-ml-py", display_name="Mine", language="python")),
    case("kernel_julia", kernel(name="julia-1.11", display_name="Julia", language="julia"), flagged="julia"),
    case("kernel_a_command", kernel(name="../../bin/sh", display_name="; touch @OUTSIDE@/@MARK@", language="python")),
    case("kernel_missing", whole(lambda notebook: notebook["metadata"].pop("kernelspec"))),
    # The file
    case("no_cells", whole(lambda notebook: notebook.update(cells=[])), lost=EVERY, flagged="*"),
    case("empty_file", encode=lambda notebook: b"", lost=EVERY, flagged=("is empty", "earned no points")),
    case("file_of_zeros", encode=lambda notebook: bytes(100), lost=EVERY, flagged=("is empty",)),
    case("json_cut_off", encode=cut_in_rows, either="mean scale words", lost="rows primes fib",
         flagged="*"),
    case("json_a_list", encode=lambda notebook: b"[]", lost=EVERY, flagged=("no list of cells",)),
    case("json_null", encode=lambda notebook: b"null", lost=EVERY, flagged="*"),
    case("json_too_deep", encode=lambda notebook: b"[" * 200_000 + b"]" * 200_000, lost=EVERY,
         flagged=("is not JSON",)),
    case("json_huge_number", encode=lambda notebook: b'{"cells": ' + b"9" * 10_000 + b"}", lost=EVERY, flagged="*"),
    case("not_json", encode=lambda notebook: b"%PDF-1.7 my homework", lost=EVERY, flagged=("is not JSON",)),
    case("cells_of_other_types", whole(lambda notebook: notebook["cells"].extend(NOT_CELLS)), flagged="*"),
    case("source_a_number", change("mean", source=5), lost="mean"),
    case("source_null", change("mean", source=None), lost="mean"),
    case("source_in_lines", whole(in_lines)),
    case("outputs_text", change("mean", outputs="none", execution_count="In [1]")),
    case("lone_surrogate", answer(why="half of a pair: \ud800"), extra("# \udfff", before="mean")),
    case("byte_order_mark", encode=lambda notebook: with_accents(notebook).encode("utf-8-sig")),
    case("latin_1", encode=lambda notebook: with_accents(notebook).encode("latin-1"), flagged="*"),
    case("utf_16", encode=lambda notebook: with_accents(notebook).encode("utf-16"), flagged="*"),
    case("utf_16_without_a_mark", encode=lambda notebook: with_accents(notebook).encode("utf-16-le"), flagged="*"),
    case("raw_control_characters", answer(why="a TAB"),
         encode=lambda notebook: json.dumps(notebook).encode().replace(b"TAB", b"\t\x01")),
    case("windows_lines", whole(lambda notebook: [cell.update(source=cell["source"].replace("\n", "\r\n"))
                                                 for cell in notebook["cells"]]),
         encode=lambda notebook: json.dumps(notebook, indent=1).replace("\n", "\r\n").encode()),
    case("format_3", encode=old_format, flagged="*"),
    case("format_4_0", whole(without_ids), whole(lambda notebook: notebook.update(nbformat_minor=0))),
    case("format_5", whole(lambda notebook: notebook.update(nbformat=5, nbformat_minor=0))),
    case("format_text", whole(lambda notebook: notebook.update(nbformat="4", nbformat_minor="5"))),
    case("thousands_of_cells", whole(lambda notebook: notebook["cells"].extend(
        {"cell_type": "code", "id": f"n{n}", "metadata": {}, "source": "", "outputs": [], "execution_count": None}
        for n in range(3000)))),
    case("renamed_file", file="ps1 (1) final.ipynb", flagged="*"),
    case("file_in_a_folder", file="my work/ps1.ipynb", flagged="*"),
    case("second_notebook", files={"scratch.ipynb": "{not a notebook"}),
    case("no_notebook", file=None, files={"answers.txt": "mean = sum / len"}, lost=EVERY,
         flagged=("was not handed in",)),
    case("upper_case_name", file="PS1.IPYNB", flagged="*"),
])
