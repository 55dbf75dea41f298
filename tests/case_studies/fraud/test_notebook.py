"""The notebook's exercises tell unanswered, right and wrong apart. That it runs is proven with all notebooks."""

from pathlib import Path

import pytest

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
