"""The live desk: an old index spoils the cache, a whole rollback ends it, anchors stop a judge that learned silence."""

from copy import deepcopy
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from case_studies.assistant.data import DAY, is_right
from case_studies.assistant.features import JUDGED
from case_studies.assistant.incident import MONTH, Desk
from case_studies.assistant.models import searched
from case_studies.assistant.policy import AnswerPolicy, saved_eur


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
    assert total(free, "wrong") > 5 * max(1, total(calm, "wrong"))
    assert total(gated, "wrong") == total(calm, "wrong")
    share = {name: total(desk, "support") / total(desk, "answered") for name, desk in (("free", free), ("calm", calm))}
    assert share["free"] == pytest.approx(share["calm"], abs=0.04)


class Mutant:
    """A judge that sees its columns as `given` changes them and answers what `said` makes of its scores."""

    def __init__(self, judge, given=lambda columns: columns, said=lambda score: score):
        self.judge, self.given, self.said = judge, given, said

    def predict_proba(self, columns):
        score = np.clip(self.said(self.judge.predict_proba(self.given(np.array(columns)))[:, 1]), 0, 1)
        return np.column_stack([1 - score, score])


def mutants(judge, rng):
    """Judges with a fault each: scores scaled, shifted or dealt to other questions, two columns exchanged."""
    changed = {"scaled": lambda score: 0.9 * score, "shifted down": lambda score: score - 0.1}
    changed |= {"shifted up": lambda score: score + 0.3, "dealt to other questions": rng.permutation}
    for name, said in changed.items():
        yield name, Mutant(judge, said=said)
    for pair in combinations(range(len(JUDGED)), 2):
        order = np.arange(len(JUDGED))
        order[list(pair)] = pair[::-1]
        yield f"exchanged: {pair}", Mutant(judge, given=lambda columns, order=order: columns[:, order])


@pytest.mark.parametrize("seed", range(1, 6))
def test_anchors_let_an_honest_judge_pass_and_no_mutant_that_costs_money(seed):
    """Of what passes the truth of a week says that it costs less than .2 EUR a question, a twentieth of an agent."""
    desk, rng = Desk.opened(np.random.default_rng(seed), questions_a_day=90), np.random.default_rng(seed)
    questions, truth = desk.simulator.advance(7)
    asked = replace(desk.stream, questions=questions, truth=truth, documents=desk.simulator.documents)
    week = searched(asked, desk.release.vectors, desk.now, desk.now + 7 * DAY)["hybrid"]

    def earned(release):
        answered = release.score(week) >= release.policy.threshold
        return saved_eur(answered, is_right(week, truth.loc[week.index]), 0.0).mean()

    younger = deepcopy(desk)
    younger.found = {name: table.iloc[len(table) // 4 :] for name, table in desk.found.items()}
    honest = younger.judge_of("audit")
    assert passes(desk, honest)
    for name, judge in mutants(honest.judges["hybrid"], rng):
        mutant = replace(honest, judges={**honest.judges, "hybrid": judge})
        if passes(desk, mutant):
            assert name.startswith("exchanged")
            assert earned(mutant) > earned(honest) - 0.2, name


def passes(desk, release):
    tried = deepcopy(desk)
    tried.deploy_judge(release, gate=True)
    return tried.release is release


def test_an_index_that_is_built_rarely_has_more_old_answers(opened):
    desk = deepcopy(opened)
    desk.refresh_days = 7
    desk.week()
    assert total(desk, "outdated") > total(lived(opened), "outdated")
