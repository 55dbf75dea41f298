"""The live desk: an old index spoils the cache, a whole rollback ends it, anchors stop a judge that learned silence."""

from copy import deepcopy

import numpy as np
import pytest

from case_studies.assistant.incident import ANCHOR_GAP, MONTH, Desk
from case_studies.assistant.policy import AnswerPolicy


@pytest.fixture(scope="module")
def opened():
    return Desk.opened(np.random.default_rng(5), questions_a_day=90)


def lived(opened, rollback="release and state", lag_days=0, weeks=1):
    desk = deepcopy(opened)
    desk.deploy(desk.release.with_index(desk.simulator.documents, desk.now, lag_days))
    for _ in range(weeks):
        desk.week(rollback)
    return desk


def total(desk, figure):
    return sum(day[figure] for day in desk.days)


def test_an_old_index_rings_on_its_first_day_and_the_whole_rollback_ends_it(opened):
    desk, calm = lived(opened, lag_days=MONTH), lived(opened)
    assert "feature_drift:young" in desk.days[0]["acting"]
    assert total(calm, "rollbacks") == 0
    assert [day["rollbacks"] for day in desk.days] == [1, 0, 0, 0, 0, 0, 0]
    assert desk.days[0]["outdated"] > 5 > total(calm, "outdated")
    assert [day["outdated"] for day in desk.days[1:]] == [day["outdated"] for day in calm.days[1:]]


def test_without_its_memory_the_old_release_goes_on_with_old_answers(opened):
    keeping = deepcopy(opened)
    keeping.change_policy(AnswerPolicy(cache_hours=96))
    half, whole = (lived(keeping, way, MONTH, 2) for way in ("release", "release and state"))
    left = [sum(day["outdated"] for day in desk.days[1:5]) for desk in (half, whole)]
    assert left[0] > left[1]
    assert total(half, "rollbacks") == 2  # the second on the tenth day, when the complaints have come
    assert total(half, "saved_eur") < total(whole, "saved_eur")


def test_who_waits_for_labels_is_wrong_for_ten_days(opened):
    desk = lived(opened, "wait for labels", MONTH, 2)
    wrong = [day["outdated"] for day in desk.days]
    assert min(wrong[:10]) > max(wrong[10:])
    assert [day["rollbacks"] for day in desk.days].index(1) == 9


def test_the_judge_that_learned_silence_answers_more_and_anchors_stop_it(opened):
    free, gated = deepcopy(opened), deepcopy(opened)
    for desk, anchors in ((free, False), (gated, True)):
        desk.deploy_judge(desk.judge_of("complaints", answers_everything=True), anchors)
        desk.week("wait for labels")
    calm = lived(opened, "wait for labels")
    assert free.anchor_gap > ANCHOR_GAP
    assert total(free, "wrong") > 5 * max(1, total(calm, "wrong"))
    assert total(gated, "wrong") == total(calm, "wrong")
    share = {name: total(desk, "support") / total(desk, "answered") for name, desk in (("free", free), ("calm", calm))}
    assert share["free"] == pytest.approx(share["calm"], abs=0.04)


def test_a_judge_that_learned_from_agents_passes_the_anchors_and_rings_nothing(opened):
    desk = deepcopy(opened)
    judged = desk.judge_of("audit")
    desk.deploy_judge(judged, gate=True)
    assert desk.release is judged
    assert abs(desk.anchor_gap) <= ANCHOR_GAP


def test_an_index_that_is_built_rarely_has_more_old_answers(opened):
    desk = deepcopy(opened)
    desk.refresh_days = 7
    desk.week()
    assert total(desk, "outdated") > total(lived(opened), "outdated")
