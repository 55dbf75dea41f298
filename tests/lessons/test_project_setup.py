"""The specification of the project set-up lesson holds for what other streams of payments measure as well."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from notebook_runner import course_root
from tests.lessons.lesson_cells import Lesson, run

LESSON = Lesson(
    course_root(Path(__file__)) / "chapters" / "02_design_a_machine_learning_system" / "01_project_setup.ipynb"
)
CELLS = (
    "spec-draft",
    "rules-goal",
    "rules-capacity",
    "spec-check",
    "spec-aim",
    "spec-fixed",
    "spec-broken",
)
PAYMENTS_A_DAY, DAYS = 2_400, 28


def page(hits, reviews, lead_eur, sd_eur, label_delay):
    """The cells of the specification, run with these figures in place of those that the lesson measures."""
    frauds = np.zeros(PAYMENTS_A_DAY * DAYS, bool)
    frauds[: 30 * DAYS] = True
    picked = np.zeros(len(frauds), bool)
    picked[: round(hits / 2 * DAYS)] = True  # fifty reviews a day, `hits` % of them frauds
    picked[-round((100 - hits) / 2 * DAYS) :] = True
    rule = np.full(DAYS, 1_000.0)
    day_by_day = np.resize([1.0, -1.0], DAYS) * sd_eur
    names = {
        "test_days": DAYS, "reviews_per_day": 50, "review_eur": 12.0, "fraud": frauds, "test": slice(None),
        "rule_reviews": picked, "rate": {"rule of thumb": SimpleNamespace(middle=(picked & frauds).sum() / DAYS)},
        "reviews_to_stop": lambda share: 900.0, "label_delay": label_delay,
        "rule_saved": rule, "model_saved": rule + lead_eur + day_by_day,
        "money": pd.DataFrame({"reviews a day": [reviews]}, index=["money-best"]),
    }  # fmt: skip
    namespace = {"__name__": "__main__", "guess_contradictions": SimpleNamespace(measured=lambda value: None)} | names
    for identity in ("imports", *CELLS):
        run(LESSON.by_id[identity].source, namespace, identity)
    return SimpleNamespace(**namespace)


# Streams of several seeds, and beyond them: few hits, a small lead that takes long to see, more reviews than the team.
@pytest.mark.parametrize(
    "measured",
    [(18.2, 27.8, 514, 433, 26.3), (13.9, 21.8, 316, 166, 30.4), (26.6, 23.3, 228, 302, 27.2), (8, 58, 60, 300, 41)],
    ids=["seed 0", "few hits", "small lead", "far out"],
)
def test_the_page_of_any_stream_has_no_contradiction_and_each_rule_fires_alone(measured):
    spec = page(*measured)
    assert spec.contradictions(spec.fixed) == []
    assert {name: len(messages) for name, messages in spec.complaints.items()} == dict.fromkeys(spec.changes, 1)
    assert len(spec.contradictions(spec.draft)) == 7
