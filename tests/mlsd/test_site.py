"""The pages of the course: what a reader without a kernel sees of a notebook, and that nothing leads nowhere."""

import json
import math
import re
import shutil
import sys
import time
from html import unescape
from pathlib import Path

import pytest

from grader.released import Released
from mlsd.lesson_recall import Answer, Question, Recall, Rule
from mlsd.site import build as building
from mlsd.site.explorers import explorable
from mlsd.site.front import PLOT, QUESTIONS, front_page
from mlsd.site.links import broken_links
from mlsd.site.pages import cells_linked, page_of, same_cells
from mlsd.site.pdf import print_pages, printer
from mlsd.site.spelling import misspelt
from mlsd_lib.lesson.explorer import frame
from notebook_runner import course_root
from notebook_runner.canonical import stripped
from notebook_runner.course import find_notebooks
from notebook_runner.errors import CourseError
from tests.prepared import once

ROOT = course_root(Path(__file__))
METADATA = {
    "title": "Queues", "section": "2", "kind": "lesson", "objectives": ["Wait."], "minutes": 5,
    "budget": {"cpu_s": 5, "peak_mb": 500},
}  # fmt: skip
ASK = 'guess = predict("wait", "How long?", unit="ms", low=None, high=None)'
ASK += '\nmany = predict("queue", "How many wait?", unit="of 100 requests")'


def display(plain, html=None):
    return {"output_type": "display_data", "metadata": {}, "data": {"text/plain": plain, "text/html": html or plain}}


def code(id, source, *outputs):
    return {"cell_type": "code", "id": id, "metadata": {}, "source": source, "execution_count": 1, "outputs": outputs}


def text(id, source):
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": source}


def notebook(*cells):
    return {"cells": list(cells), "metadata": {"mlsd": METADATA}, "nbformat": 4, "nbformat_minor": 5}


EXPLORER = '<div class="explorer" data-explorer="lessons.monitoring.explorers:drift_limit"><p>Which limit?</p></div>'
QUEUES = notebook(
    text("title", "# Queues\n\nWait $w = \\lambda / \\mu$, see [stocks](stocks.ipynb), `" + "a_path/" * 20 + "`."),
    code("imports", "import numpy"),
    code("ask", ASK, display("How long? No prediction given."), display("How many wait? No prediction given.")),
    code(
        "load", "%%tool_script\nserve()", display("12 requests", "12 <a href='stocks.ipynb#cell-id=count'>requests</a>")
    ),
    code("measure", "guess.measured(wait)", display("Measured: 1,240 ms. You passed this one over.")),
    code("count", "many.measured(3)", display("Measured: 3 of 100 requests. You passed this one over.")),
    code("explore", "explore(drift_limit)", display("Which limit?", EXPLORER)),
    code("noise", "1", {"output_type": "stream", "name": "stderr", "text": "warning"}, display("<Axes: title='x'>")),
)
STOCKS = notebook(text("title", "# Stocks"), code("count", "3", display("table", "<a href='queues.ipynb'>Queues</a>")))


def cell_of(page, id):
    return next(cell for cell in page["cells"] if cell["id"] == id)


def waiting_for(page, variable):
    return [cell["id"] for cell in page["cells"] if f"after-{variable}" in cell["metadata"].get("tags", [])]


def html_of(page, id):
    return "".join("".join(output["data"].get("text/html", "")) for output in cell_of(page, id)["outputs"])


def test_a_question_is_asked_and_what_answers_it_is_kept_back():
    page = page_of(QUEUES, executed=True)
    form = html_of(page, "ask")
    assert 'data-measured="1240"' in form
    assert 'data-shown="1,240"' in form
    assert 'data-unit="ms"' in form
    assert "<p>How long?</p>" in form
    assert 'data-measured="3"' in form
    assert form.count('data-most="100"') == 1
    assert waiting_for(page, "guess") == ["load", "measure"]
    assert waiting_for(page, "many") == ["load", "measure", "count"]


def test_a_question_without_one_answer_stays_as_it_was_shown():
    unclear = {**QUEUES, "cells": [*QUEUES["cells"][:4], code("measure", "for one in all_of_them:\n    keep(one)")]}
    page = page_of(unclear, executed=True)
    assert html_of(page, "ask") == "How long? No prediction given.How many wait? No prediction given."
    assert waiting_for(page, "guess") == []


def test_what_to_remember_stands_before_the_last_cell_and_leads_to_its_cells():
    rule = Rule("Waits <grow>.", "Under `load`.", "Never.", "load", prediction="wait")
    answers = (Answer("a", "Yes.", right=True), Answer("b", "No."), Answer("c", "No."))
    recall = Recall(None, (rule,), (Question("how", "How?", answers, "count"),))
    page = page_of(QUEUES, executed=True, recall=recall)
    assert [cell["id"] for cell in page["cells"][-2:]] == ["to-remember", "noise"]
    text = page["cells"][-2]["source"]
    assert "Waits &lt;grow&gt;." in text
    assert "Under <code>load</code>." in text
    assert "Measured here: 1,240 ms." in text
    assert re.findall(r"#cell-id=(\w+)", text) == ["load", "count"]
    assert {"to-load", "to-count"} <= {cell["id"] for cell in page["cells"]}
    assert page_of(QUEUES, executed=True)["cells"][-2]["id"] == "explore"


def test_warnings_are_left_out_and_links_lead_to_pages_and_cells():
    page = page_of(QUEUES, executed=True)
    assert cell_of(page, "noise")["outputs"] == []
    assert cells_linked(QUEUES) == {"count"}
    other = page_of(STOCKS, executed=True, linked=cells_linked(QUEUES))
    assert "href='queues.html'" in html_of(other, "count")
    assert [cell["id"] for cell in other["cells"]] == ["title", "to-count", "count"]


def test_outputs_of_another_text_are_not_shown():
    assert same_cells(QUEUES, json.loads(json.dumps(QUEUES)))
    assert not same_cells(QUEUES, {**QUEUES, "cells": [*QUEUES["cells"][:-1], code("noise", "2")]})
    assert cell_of(page_of(QUEUES, executed=False, note="not run"), "load")["outputs"] == []


def test_every_choice_of_an_explorer_stands_in_its_page_with_a_picture():
    page = page_of(QUEUES, executed=True)
    pictures = explorable(page, "../../")
    html = html_of(page, "explore")
    data = json.loads(unescape(re.search('data-explorer="([^"]*)"', html)[1]))
    choices = math.prod(len(one["texts"]) for one in data["settings"])
    assert len(data["results"]) == choices == len(pictures) > 4
    assert {one["answered"] for one in data["results"]} == {True, False}
    assert re.search(r'<img src="\.\./\.\./explorers/drift_limit/\d+\.webp" alt="[^"]+', html)
    assert set(pictures) == {f"explorers/drift_limit/{number}.webp" for number in range(choices)}


@pytest.mark.parametrize(
    "made_by",
    ["lessons.monitoring.explorers:gone", "lessons.monitoring.renamed:drift_limit", "case_studies.fraud.cli:main"],
)
def test_what_makes_no_explorer_is_named_and_not_called(made_by):
    shown = EXPLORER.replace("lessons.monitoring.explorers:drift_limit", made_by)
    page = page_of(notebook(code("explore", "1", display("", shown))), executed=True)
    with pytest.raises(CourseError, match="explorer {1} of {0},".format(*made_by.split(":"))):
        explorable(page, "")


def test_a_markdown_output_of_half_links_is_read_in_time_that_grows_with_it():
    began = time.process_time()
    display_of = {"output_type": "display_data", "data": {"text/markdown": "](a" * 40_000, "text/plain": ""}}
    page_of(notebook(code("explore", "1", {**display_of, "metadata": {}})), executed=True)
    assert time.process_time() - began < 2


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    (tmp_path / "a.html").write_text("<a href='b.html#there'></a><a href='b.html#gone'></a><img src='c.png'>")
    (tmp_path / "b.html").write_text("<p id='there'></p><a href='https://example.org/x'></a><a href='#'></a>")
    assert broken_links(tmp_path) == [("a.html", "b.html#gone"), ("a.html", "c.png")]


def test_the_first_page_asks_shows_a_plot_and_leads_along_each_route():
    notebooks = find_notebooks(ROOT)
    shown = {name: json.loads((ROOT / name).read_text()) for name in (*QUESTIONS, PLOT[0])}
    cell_of(shown[PLOT[0]], PLOT[1])["outputs"] = [display("<Figure>", '<img src="data:image/png;base64,AA" alt="a">')]
    page = front_page(ROOT, notebooks, shown)
    for name, cell in QUESTIONS.items():
        link = rf'^\* <a href="{name.removesuffix(".ipynb")}.html#cell-id={cell}">[^<]+\?</a>$'
        assert re.search(link, page, re.MULTILINE)
    assert page.count('<img src="data:image/png;base64,AA" alt="a">') == 1
    routes = re.findall(r"<strong>(\d+) hours.</strong>.*?<p>(\d+) notebooks, ([\d.]+) hours:</p>", page)
    assert len(routes) >= 4
    for hours, count, takes in routes:
        assert abs(float(takes) / float(hours) - 1) < 0.2
        assert int(count) > 4


def test_the_first_page_leaves_out_what_has_not_run_or_is_not_here():
    page = front_page(ROOT, find_notebooks(ROOT), {})
    assert "expect?" not in page
    assert "<img" not in page
    assert "40 hours" in page
    assert "<details>" not in front_page(ROOT / "tests", [], {})


def test_the_plot_of_the_first_page_gives_no_prediction_away():
    cells = json.loads((ROOT / PLOT[0]).read_text())["cells"]
    source = "".join(cell_of({"cells": cells}, PLOT[1])["source"])
    assert "plot." in source
    assert "guess" not in source


def test_the_glossary_sends_each_term_to_a_lesson_that_uses_it():
    text = (Path(building.__file__).parent / "glossary.md").read_text()
    entries = re.findall(r"^(\S[^\n]*)\n  [^\n]*\[Measured\]\(([^)]+)\)", text, re.MULTILINE)
    assert len(entries) == text.count("[Measured]") > 40
    unused = []
    for term, link in entries:
        cells = json.loads((ROOT / link).read_text())["cells"]
        used = "".join("".join(cell["source"]) for cell in cells).lower()
        words = [word for word in re.findall(r"\w+", term.lower()) if len(word) > 2]
        unused += [] if any(word[:4] in used for word in words) else [term]
    assert unused == []


def sphinx_is_here():
    if not (ROOT / ".venv-site" / "made-from").exists():
        pytest.skip("there is no .venv-site")


@pytest.fixture
def small_site(tmp_path_factory):
    """The pages of a course of two notebooks, made once for all workers; nobody may change them."""
    sphinx_is_here()
    return once(tmp_path_factory, "small-site", make_small_site) / "pages"


def make_small_site(root):
    course_with(root, {"queues": QUEUES, "stocks": STOCKS})
    building.build(root, root / "pages", lambda line: None, as_it_is(root))


def as_it_is(root):
    """What is at `root`, as a release of it."""
    return Released("this test", (), lambda name: (root / name).read_bytes())


def course_with(root, notebooks):
    """A course at `root` of these `notebooks`, each of which has run."""
    root.mkdir()
    (root / "pyproject.toml").write_text('[project]\nname = "mlsd"\n')
    (root / ".venv-site").symlink_to(ROOT / ".venv-site")
    for name, content in notebooks.items():
        for place in (root, root / ".mlsd" / "executed"):
            path = place / "chapters" / "01_waiting" / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content if place != root else stripped(content)))


@pytest.mark.tools
def test_a_page_needs_no_network_no_script_for_formulas_and_no_kernel(small_site):
    page = (small_site / "chapters" / "01_waiting" / "queues.html").read_text()
    assert "<math" in page
    assert not re.search("<script[^>]*mathjax", page, re.IGNORECASE)
    loaded = re.findall(r"""<(?:script|img|link)[^>]*(?:src|href)=["'](https?:[^"']+)""", page)
    assert loaded == []
    assert "Measured in one run on" in page


@pytest.mark.tools
@pytest.mark.needs("chromium")
def test_a_page_is_printed_by_chromium(small_site, tmp_path):
    name = "chapters/01_waiting/queues.ipynb"
    shutil.copytree(small_site, tmp_path / "pages")
    print_pages(printer(), tmp_path / "pages", [name])
    assert (tmp_path / "pages" / "pdf" / name).with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(CourseError, match=r"printed nothing of .*gone\.html"):
        print_pages("false", tmp_path / "pages", ["gone.ipynb"])


def test_without_chromium_the_option_names_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CourseError, match="--pdf needs Chromium"):
        printer()


@pytest.mark.tools
def test_new_pages_take_the_place_of_earlier_ones_and_of_nothing_else(small_site, tmp_path):
    root, pages = tmp_path / "course", tmp_path / "pages"
    course_with(root, {"stocks": notebook(text("title", "# Stocks"))})
    shutil.copytree(small_site, pages)
    building.build(root, pages, lambda line: None)
    assert [path.name for path in pages.rglob("01_waiting/*.html")] == ["stocks.html"]
    thesis = tmp_path / "work" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.touch()
    with pytest.raises(CourseError, match="something other than pages"):
        building.build(root, thesis.parent, lambda line: None)
    assert thesis.exists()


def test_pages_show_a_readers_own_copy_and_pages_for_others_only_what_was_released(tmp_path):
    root, path = tmp_path / "course", tmp_path / "course" / "chapters" / "01_waiting" / "stocks.ipynb"
    course_with(root, {"stocks": STOCKS})
    before = path.read_bytes()
    path.write_text(json.dumps(notebook(*STOCKS["cells"], code("9f8e7d6c", "my_answer = 7", display("my own output")))))
    written = building.write_sources(root, tmp_path / "own")
    page = (tmp_path / "own" / "chapters" / "01_waiting" / "stocks.ipynb").read_text()
    assert written.own == ["chapters/01_waiting/stocks.ipynb"]
    assert "From your own copy" in page
    assert "my own output" in page
    written = building.write_sources(root, tmp_path / "others", Released("a test", (), lambda name: before))
    page = (tmp_path / "others" / "chapters" / "01_waiting" / "stocks.ipynb").read_text()
    assert (written.own, written.changed) == ([], ["chapters/01_waiting/stocks.ipynb"])
    assert "Measured in one run on" in page
    assert "my" not in page


MISSPELT = notebook(text("title", "# Queues\n\nAll teh requests wait, and the field is *amonut*."))


@pytest.mark.tools
@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("chapters/01_waiting/queues.ipynb", json.dumps(MISSPELT), "chapters/01_waiting/queues.ipynb/title:3"),
        ("chapters/recall/queues.toml", '\nrule = "All teh requests"', "chapters/recall/queues.toml:2"),
        ("grader/suites/queues/exercise.toml", 'miss = "teh queue"', "grader/suites/queues/exercise.toml:1"),
        ("README.md", "All teh pages", "README.md:1"),
    ],
    ids=["notebook", "recall", "exercise", "readme"],
)
def test_a_misspelt_word_stops_the_pages_and_is_named_with_its_place(tmp_path, name, content, place):
    sphinx_is_here()
    (tmp_path / ".venv-site").symlink_to(ROOT / ".venv-site")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(content)
    with pytest.raises(CourseError, match=rf"Misspelt words \(1\):\n  {re.escape(place)}: teh ==> the\n"):
        building.build(tmp_path, tmp_path / "pages", lambda line: None, as_it_is(tmp_path))


def test_without_codespell_the_command_that_brings_it_is_named(tmp_path):
    with pytest.raises(CourseError, match=r"No module named codespell_lib\n.*make site"):
        misspelt(tmp_path, Path(sys.executable))


@pytest.mark.tools
def test_every_page_of_the_course_is_made_and_no_link_leads_nowhere(tmp_path, monkeypatch):
    """With one picture of each explorer: its lesson's test draws every choice, and one explorer's page has them all."""
    sphinx_is_here()
    monkeypatch.setattr("mlsd.site.explorers.frames", lambda explorer: [frame(explorer, explorer.first)])
    written = building.build(ROOT, tmp_path / "pages", lambda line: None, as_it_is(ROOT))
    named = {notebook.name for notebook in find_notebooks(ROOT) if not notebook.name.startswith("solutions/")}
    assert {notebook.name for several in written.parts.values() for notebook in several} == named
    assert {name for name in named if not (tmp_path / "pages" / name).with_suffix(".html").is_file()} == set()
    assert not list((tmp_path / "pages").rglob("solutions*"))


def test_without_sphinx_the_command_that_brings_it_is_named(tmp_path):
    with pytest.raises(CourseError, match="make site"):
        building.build(tmp_path, tmp_path / "pages", lambda line: None)
    shutil.rmtree(tmp_path)
