"""What is special about `design_recommendation_system`: its shop against a slow one, trade-offs, predictions."""

import numpy as np
import pytest

from grader.suite_kit.score_sheet import Sheet
from grader.suites import design_recommendation_system as suite
from grader.suites.design_recommendation_system.document import ITEM_S, RecommendationDesign
from grader.suites.design_recommendation_system.predictions import edge
from grader.suites.design_recommendation_system.shop import Shop, play
from grader.suites.design_recommendation_system.suite import CASES, TASK
from mlsd_lib.simulation import SimulationError
from tests.grader.suites.contract import bank_of, cells_of, reference_of

NAME = "design_recommendation_system"


def reference(**changed):
    """The reference's document with some entries changed; None leaves one out."""
    plain = cells_of(bank_of(NAME), reference_of(bank_of(NAME)))["design"]() | changed
    return {name: value for name, value in plain.items() if value is not None}


@pytest.mark.parametrize(
    "changed",
    [{}, {"ranker": "factors", "refresh_h": 12, "exploration": {"share": 0.3, "among": "all"}}, {"exploration": None}],
)
def test_the_shop_s_lists_are_worth_what_a_slow_shop_says(changed):
    from grader.suites.design_recommendation_system.hidden.oracle import expected

    design, place = RecommendationDesign.of(reference(**changed)), Shop(5, launched=30)
    fast, slow = play(place, design), expected(place, design)
    assert fast.clicks == pytest.approx(slow["clicks"], rel=1e-5)
    assert fast.new == pytest.approx(slow["new"], rel=1e-5)


def test_no_list_beats_the_best_or_holds_an_item_twice_or_before_its_birth():
    place, design = Shop(3, launched=40), RecommendationDesign.of(reference(exploration=None))
    played = play(place, design)
    assert (played.clicks <= place.best[0]).all()
    assert (played.popular <= place.best[0]).all()
    assert (place.chance[0][:, place.born_h > 0] == 0).all()


def test_each_ranker_sees_tastes_more_sharply_and_takes_longer():
    rankers = list(ITEM_S)
    worth = [np.mean([play(Shop(seed), RecommendationDesign.of(reference(ranker=ranker))).quality for seed in range(3)])
             for ranker in rankers]  # fmt: skip
    assert worth == sorted(worth)
    assert [ITEM_S[ranker] for ranker in rankers] == sorted(ITEM_S.values())


def test_a_better_design_than_the_reference_loses_nothing():
    draws = CASES.public().draws
    cheaper = {"cache": {"items": 900, "ttl_s": 30.0, "coalesce": True}}
    eur = [
        TASK.measured(TASK.requirements["money"], TASK.read(reference(**changes)), draws)[0]
        for changes in (cheaper, {})
    ]
    assert eur[0] < eur[1]
    assert TASK.scorecard(reference(**cheaper), draws).points == 17


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"candidates": {"popular": 4, "recent": 50}}, "a list has 10 slots"),
        ({"replicas": {"count": 12, "autoscaler": {"least": 2, "most": 40}}}, "above the account's quota, 12"),
        ({"replicas": {"count": 13}}, "replicas.count is 13"),
        ({"ranker": "bandit"}, "ranker is 'bandit'; it must be 'popularity', 'factors', 'trees' or 'network'"),
        ({"refresh_h": None}, "refresh_h is missing. Add it."),
        ({"queue": {"limit": 2}}, "no batch fills"),
    ],
)
def test_a_document_that_cannot_be_meant_is_refused_with_what_to_change(changed, message):
    with pytest.raises(SimulationError) as refused:
        RecommendationDesign.of(reference(**changed))
    assert message in str(refused.value)


def test_nothing_is_shown_while_a_notebook_is_graded(monkeypatch):
    document = reference()
    assert suite.scorecard(document).points == 17
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    shown = [suite.scorecard(document), suite.scenarios(), suite.timeline(document, "day"), suite.lists({"": document})]
    assert shown == [None] * 4


def test_the_edge_is_where_a_story_begins_to_break():
    design, (draw,) = RecommendationDesign.of(reference()), CASES.public().draws["crowd"]
    below, above = (suite.measure(design, "crowd", by * edge(design, draw))["good"] for by in (0.95, 1.1))
    assert below >= suite.EXERCISE.limit("crowd") > above


def test_a_failed_story_has_time_and_cause_and_figures_only_in_public():
    document = reference(fallback=None, replicas={"count": 1})
    text = str(TASK.scorecard(document, CASES.public().draws))
    assert "One replica lost, minute 2: too few replicas were left" in " ".join(text.split())
    sheet = Sheet("resilience", 4, families=suite.EXERCISE.families, private=True)
    TASK.judge_document(sheet, RecommendationDesign.of(document), CASES.public().draws)
    assert "Look at the public scenario of this family" in " ".join(sheet.explanations())
    assert "120 s" not in sheet.text()
