"""A student's first steps in a real browser: the start page asks once and runs; an exercise is run and validated."""

import shutil
from pathlib import Path
from uuid import uuid4

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.waiting import until

ROOT = Path(__file__).parents[2]
EXERCISE = "exercises/reduce_latency/reduce_latency.ipynb"
EXPLORER = """from lessons.monitoring.explorers import drift_limit
from mlsd_lib.lesson.explorer import explore
named_at_length = {"a line of 120 characters": 1, "which is as long as any line of the course may be": 2, "and fits": 3}
explore(drift_limit)"""
DECISION = {
    "decision": "from case_studies.kit.reader_decisions import rerun\nyour_count = 2\nrerun('your_count')",
    "apart": "print('nothing depends')",
    "table": "twice = 2 * your_count\nprint('twice is', twice)",
}


@pytest.fixture(scope="module")
def lab(open_lab, tmp_path_factory):
    """JupyterLab on a copy of what students open, so that nothing of the course is touched."""
    copy = tmp_path_factory.mktemp("student") / "course"
    for name in ("chapters", "exercises"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [new_code_cell(source, id=name) for name, source in (DECISION | {"explorer": EXPLORER}).items()]
    nbformat.write(new_notebook(cells=cells, metadata=kernel), copy / "chapters" / "choices.ipynb")
    return open_lab(copy)


def opened(page, lab, notebook):
    """The page of a notebook in a workspace of its own: a shared one brings back what earlier tests left open."""
    page.goto(lab.url(f"lab/workspaces/{uuid4().hex}/tree/{notebook}"))
    page.get_by_text("| Idle").wait_for()
    return page


def run_all(page):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator('[data-command="runmenu:run-all"]').click()


@pytest.fixture(scope="module")
def choices(shared_page, lab):
    """A notebook with a decision and an explorer, all of it run, on a small laptop's width."""
    shared_page.set_viewport_size({"width": 1366, "height": 1000})
    run_all(opened(shared_page, lab, "chapters/choices.ipynb"))
    return shared_page


def scrolled_to(page, text):
    """The element with `text`; cells far from the view are not in the page until one scrolls there."""
    wanted = page.get_by_text(text).first
    for share in [i / 40 for i in range(41)] * 12:
        page.evaluate(
            "s => { const n = document.querySelector('.jp-WindowedPanel-outer'); n.scrollTop = n.scrollHeight * s; }",
            share,
        )
        page.wait_for_timeout(250)  # JupyterLab draws cells after a scroll without saying when it is done
        if wanted.count():
            return wanted
    raise AssertionError(f"{text!r} was not found anywhere in the notebook")


def test_the_start_page_asks_once_without_a_traceback_and_then_runs_to_its_end(page, lab):
    opened(page, lab, "chapters/00_start_here.ipynb")
    run_all(page)
    asked = scrolled_to(page, "Write your 90 % interval, in")
    assert "Traceback" not in asked.inner_text()
    scrolled_to(page, "0 of 6 done")
    assert page.get_by_role("progressbar", name="Performance requirements").is_visible()  # of no width it would not be
    run_all(page)
    scrolled_to(page, "claims hold in this run")
    scrolled_to(page, "Nothing to fix.")
    link = scrolled_to(page, "Performance requirements: what the last points of accuracy cost")
    link.click()
    page.get_by_role("tab", name="01_performance_requirements.ipynb").wait_for()


def test_an_untouched_exercise_runs_to_its_end_and_validate_shows_what_is_missing(page, lab):
    opened(page, lab, EXERCISE)
    run_all(page)
    scrolled_to(page, "not attempted")
    if (other := page.locator(".jp-Dialog")).count():  # JupyterLab's own, met once on a busy machine
        print("closed:", other.inner_text())
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Validate").click()
    dialog = page.locator(".jp-Dialog")
    dialog.get_by_text("not attempted").first.wait_for()
    assert "Write your answer in its cell" in dialog.inner_text()


def test_a_changed_decision_shows_what_depends_on_it_below_its_own_cell(choices):
    choices.get_by_text("twice is 4").wait_for()
    decision = choices.locator(".jp-CodeCell").first
    decision.locator(".cm-line").nth(1).click()
    for key in ("End", "Backspace", "7", "Control+Enter"):
        choices.keyboard.press(key)
    decision.get_by_text("Again, 1 of 1: table").wait_for()
    decision.get_by_text("twice is 14").wait_for()
    assert choices.get_by_text("nothing depends").count() == 2  # its source and what it showed at first


def test_an_explorer_computes_each_choice_and_says_when_its_question_is_answered(choices):
    verdict = choices.get_by_role("status").filter(has_text="of the windows without drift")
    first = verdict.get_by_text("Not answered yet: a shift of 0.3 seldom brings")
    until(first.is_visible, "the first verdict, after the start of a kernel and its imports", look_s=0.25)
    texts = choices.locator(".jp-OutputArea .widget-label, .jp-OutputArea select")
    assert texts.evaluate_all("texts => texts.filter(text => text.scrollWidth > text.clientWidth).length") == 0
    assert texts.count() >= 6
    choices.get_by_label("limit of the index").select_option("0.05")
    verdict.get_by_text("Not answered yet: with 200 rows chance alone").wait_for()
    before = choices.get_by_alt_text("mean moved").get_attribute("src")
    choices.get_by_label("rows of a window").focus()
    choices.keyboard.press("Space")  # an arrow alone would move JupyterLab to the next cell
    choices.locator("select:open").wait_for(state="attached")
    for key in ("ArrowDown", "Enter"):
        choices.keyboard.press(key)
    verdict.get_by_text("Answered: with 1,000 rows").wait_for()
    assert choices.get_by_alt_text("mean moved").get_attribute("src") != before


def test_the_longest_line_of_code_is_seen_whole_at_1366_pixels(choices):
    code = choices.locator(".jp-CodeCell", has_text="explore(drift_limit)").locator(".cm-scroller").first
    assert code.evaluate("code => code.scrollWidth <= code.clientWidth")
