"""What a graded notebook shows: notices word for word, all else cleaned; a cleaning that fails costs one output."""

import json
from dataclasses import replace

import pytest

from grader.grading.intake.submission import Submission
from grader.grading.output import render, sanitize
from grader.grading.output.render import dressed, few_of_a_kind, finish, table
from grader.grading.output.sanitize import Allowance, as_line, as_markdown, clean_markdown, clean_outputs
from grader.grading.records import Flag, Job, Result, Verdict

IMAGE = "<img src=x onerror=alert(1)>"


def html_of(markdown: str) -> str:
    """The page that formgrader makes of it: nbconvert's own, not ours."""
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    return markdown2html_mistune(markdown)


def code(name: str, *outputs: dict, **metadata: object) -> dict:
    return {"cell_type": "code", "id": name, "metadata": metadata, "source": "1", "outputs": list(outputs)}


def shown(**data: object) -> dict:
    return {"output_type": "display_data", "data": {"text/" + key: value for key, value in data.items()}}


def test_a_notice_reads_as_it_was_written():
    page = html_of(as_markdown("the file 'a_b*c.ipynb' (2) is #1 [x] & <y>"))
    assert page.strip() == "<p>the file 'a_b*c.ipynb' (2) is #1 [x] &amp; &lt;y&gt;</p>"


def test_a_text_of_a_students_is_one_short_line():
    assert as_line("a\x1b[2J\nb" + "x" * 900).startswith("a [2J bxxx")
    assert len(as_line("x" * 10_000)) < 600


def test_flags_of_a_record_hold_no_control_characters():
    job = Job("ps", "bo", {})
    flag = Flag("left", "processes still ran: \x1b]0;evil\x07")
    graded = finish(Submission("bo", job), Result({}, flags=[flag]), "digest")
    assert json.loads(graded.results)["extra_data"]["flags"][0]["text"] == "processes still ran:  ]0;evil "


def test_the_table_of_a_test_is_cleaned_and_keeps_its_own_styles():
    own = '<div class="mlsd-points"><p style="margin:0.2em 0">said</p></div>'
    kept = table(Verdict("n", "t", 1, 2, "partial", html=own + IMAGE + "<script>x</script>"))
    assert kept["data"]["text/plain"] == "1.0"
    assert kept["data"]["text/html"] == own + "<img>"


def test_cells_held_back_keep_their_mark_and_their_outputs_for_the_instructor():
    cell = code("b", shown(plain="2"))
    notebook = {"cells": [cell | {"metadata": cell["metadata"] | {"mlsd_held": True}}]}
    (found,) = dressed(notebook, [], [Flag("x", "y")])["cells"][1:]
    assert found["metadata"]["mlsd_held"] is True
    assert found["outputs"][0]["data"] == {"text/plain": "2"}


def test_a_cleaning_that_fails_costs_one_output(monkeypatch):
    def broken(text: str) -> str:
        raise MemoryError

    monkeypatch.setattr(sanitize, "clean", broken)
    cleaned = clean_outputs([shown(html="<b>1</b>"), shown(plain="2")])
    assert cleaned[0]["text"] == sanitize.FAILED
    assert cleaned[1]["data"] == {"text/plain": "2"}


def test_a_notebooks_html_is_bounded_and_what_comes_after_is_plain():
    allowance = Allowance(10)
    cleaned = clean_outputs([shown(html="<b>12</b>", plain="a"), shown(html="<b>12</b>", plain="b")], allowance)
    assert [sorted(output["data"]) for output in cleaned] == [["text/html", "text/plain"], ["text/plain"]]


def test_a_raw_cell_is_text():
    raw = {"cell_type": "raw", "id": "r", "metadata": {}, "source": IMAGE}
    assert dressed({"cells": [raw]}, [], [])["cells"][0]["source"].startswith("&lt;img")


def test_a_link_to_a_picture_a_section_or_another_site_lives():
    text = "![a](plots/one.png) [b](#part) [c](https://x.org/y) [d](mailto:a@b.org)"
    assert clean_markdown(text) == text
    ways_home = "[e](http:/logout) [f](HTTPS:page.html) [g]: http:\\logout"  # a browser reads them from the page's own
    assert clean_markdown(ways_home) == "[e](#) [f](#) [g]: #"


def test_thousands_of_flags_of_one_kind_hide_no_other():
    flood = [Flag("extra", f"the extra cell {number} claims points", "ps1") for number in range(5_000)]
    last = Flag("left", "processes still ran", "ps1")
    found = few_of_a_kind([*flood, *flood, last])
    assert len(found) < 30
    assert last in found
    assert "4980 more" in found[-1].text
    assert few_of_a_kind([last, flood[0], last]) == [last, flood[0]]


@pytest.mark.parametrize("mark", ["[", "\\begin", "\\\\(", "\\\\["])
def test_what_nbconvert_seeks_the_end_of_stands_few_times_in_a_text(mark):
    """It looks for each end through the whole text: formgrader would do nothing else for minutes."""
    most = sanitize.BRACKETS + sanitize.CUT.count("[")
    assert clean_markdown(mark * 60_000).count(mark) <= most
    assert clean_markdown(f"{mark} a" * 50) == f"{mark} a" * 50


@pytest.mark.parametrize(
    "text",
    [
        "\\begin{a} " * 90_000,
        "](" + " " * 900_000,
        "java" + " " * 900_000,
        "<b" + " " * 900_000,
        "[a](&#" + "9" * 900_000,
        "attachment:" * 90_000,
        "](x" * 300_000,
        "\x1b[1m" * 250_000,
    ],
)
def test_a_megabyte_of_anything_is_cut_and_shown(text):
    assert len(clean_markdown(text)) < 2 * sanitize.MARKDOWN_CHARACTERS + len(sanitize.CUT)
    (output,) = clean_outputs([{"output_type": "stream", "name": "stdout", "text": text}])
    assert len(output["text"]) <= sanitize.TEXT_CHARACTERS
    assert output["text"].count("\x1b") <= sanitize.COLOURS
    html_of(clean_markdown(text))


def test_a_message_in_results_is_bounded_plain_text():
    verdict = Verdict("n", "t", 0, 1, "error", "a\x00b\nc" + "x" * 9_000)
    report = render.gradescope(Job("ps", "bo", {}), Result({}, [replace(verdict)]), [], "")["tests"][0]
    assert report["output"].startswith("a b\ncxx")
    assert len(report["output"]) <= render.MESSAGE + 10
    assert report["output_format"] == "text"
