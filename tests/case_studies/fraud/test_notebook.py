"""The notebook's exercises tell unanswered, right and wrong apart, and its decisions can be taken again.

That it runs is proven with all notebooks.
"""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from mlsd_lib.notebooks import course_root
from tests.lessons.lesson_cells import Lesson

NOTEBOOK = Lesson(course_root(Path(__file__)) / "case_studies" / "fraud" / "fraud.ipynb")
WRONG = {
    "shadow": (
        "def review_threshold(value, reviews, price_eur):\n    return float(np.sort(value)[-min(reviews, len(value))])",
        "a review below its price loses money",
    ),
    "weight": (
        "def weight_of_known_fraud(delays_days, age_days):\n"
        "    return len(delays_days) / sum(delay < age_days for delay in delays_days)",
        "too few, leave it out",
    ),
}


@pytest.fixture(autouse=True)
def plots_go_nowhere(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")


def test_every_exercise_has_its_wrong_answer():
    assert sorted(NOTEBOOK.slugs) == sorted(WRONG)


@pytest.mark.parametrize("slug", NOTEBOOK.slugs)
def test_an_exercise_tells_unanswered_right_and_wrong_apart(slug):
    assert {one.outcome for one in NOTEBOOK.outcomes(slug)} == {"not attempted"}
    assert {one.outcome for one in NOTEBOOK.outcomes(slug, NOTEBOOK.solution(slug))} == {"pass"}
    code, fragment = WRONG[slug]
    assert [one.outcome for one in NOTEBOOK.outcomes(slug, code)] == ["fail"]
    assert fragment in NOTEBOOK.outcomes(slug, code)[0].message


def test_every_seed_follows_from_the_notebooks_parameter():
    fixed = re.compile(r"(seed\w*\s*=|default_rng\(|label_trial\(|SeedSequence\()\s*\d")
    assert [cell.id for cell in NOTEBOOK.cells if cell.is_code and fixed.search(cell.source)] == ["parameters"]


SMALL = """
customers, terminals, history_days, test_days = 500, 350, 122, 14
label_streams, load_seconds, live_weeks, incident_weeks = 1, 1, 2, 1
"""
OTHER_CHOICE = {
    "decision-reviews": "your_reviews_per_day, your_rank_by = 20, 'probability'",
    "decision-operations": "your_labels, your_rollback = 'matured', 'release'",
}


def test_another_choice_in_a_decision_cell_runs_from_there_to_the_end(monkeypatch):
    """Once whole, then from each decision again, in one kernel. A small stream runs every cell; its claims may fail."""
    assert {cell.id for cell in NOTEBOOK.cells if "decision" in cell.tags} == set(OTHER_CHOICE)
    monkeypatch.setenv("MLSD_RUN", "headless")
    code = [cell for cell in NOTEBOOK.cells if cell.is_code]
    sources = {cell.id: cell.source + SMALL * ("parameters" in cell.tags) for cell in code}
    ids = list(sources)
    runs = [sources, *({**sources, choice: text} for choice, text in OTHER_CHOICE.items())]
    starts = ["imports", *OTHER_CHOICE]
    asked = [run[one] for run, start in zip(runs, starts, strict=True) for one in ids[ids.index(start) :]]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in asked])
    folder = {"metadata": {"path": str(NOTEBOOK.path.parent)}}
    NotebookClient(
        notebook, timeout=600, startup_timeout=300, resources=folder, allow_error_names=["ClaimsFailed"]
    ).execute()
    shown = [str(cell.outputs) for cell in notebook.cells if cell.source == sources["consequences"]]
    assert ["20 by probability" in text for text in shown] == [False, True, True]
    assert ["matured" in text for text in shown] == [False, False, True]
