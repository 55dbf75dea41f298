"""Policy, labels, candidates: what is answered by price, what complaints hide, and who is released."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from case_studies.assistant import novelty
from case_studies.assistant import train as training
from case_studies.assistant.data import DAY, AssistantError, is_right, noted_right
from case_studies.assistant.labels import AUDIT_RATE, training_labels
from case_studies.assistant.models import fit_judge, fit_vectors, times_of
from case_studies.assistant.policy import (
    AGENT_EUR,
    ENCODER_EUR,
    WORDS_EUR,
    WRONG_EUR,
    AnswerPolicy,
    cost_eur,
    saved_eur,
)
from case_studies.kit import Run
from case_studies.kit.stream_times import between
from tests.case_studies.assistant.hooks import prepared, release_day, stream


def test_at_the_threshold_answering_and_refusing_cost_the_same():
    chance = AnswerPolicy().threshold
    assert chance * AGENT_EUR == pytest.approx((1 - chance) * WRONG_EUR)
    assert AnswerPolicy(refuse_below=0.5).threshold == 0.5


@pytest.mark.parametrize(
    ("setting", "told"),
    [({"refuse_below": 1.2}, "probability"), ({"cache_hours": -1}, "0 for none"), ({"budget_eur": -1}, "0 for none")],
)
def test_a_policy_that_cannot_be_is_refused_by_name(setting, told):
    with pytest.raises(AssistantError, match=f"{next(iter(setting))} is.*{told}"):
        AnswerPolicy(**setting)


def test_what_an_answer_saves_and_a_search_costs():
    found = pd.DataFrame({"cached": [True, False, False], "asked": [True, True, False]})
    assert cost_eur(found).tolist() == [0.0, ENCODER_EUR, WORDS_EUR]
    saved = saved_eur(np.array([True, True, False]), np.array([True, False, True]), np.zeros(3))
    assert saved.tolist() == [AGENT_EUR, -WRONG_EUR, 0.0]


@pytest.fixture
def five():
    """Five questions of long ago: what was found, and the truth; the last three passages are wrong."""
    day = pd.Timestamp("2026-01-01")
    found = pd.DataFrame({"document_id": [1, 2, 3, 4, 5], "valid_from": day})
    truth = pd.DataFrame({
        "document_id": [1, 2, 9, 9, 5], "valid_from": [day, day, day, day, day + DAY], "noted_id": [1, 8, 9, 9, 5],
        "noted_after": pd.Timedelta(minutes=5), "lottery": [0.0, 0.5, 0.5, 0.0, 0.5],
        "complains": [0.0, 0.0, 0.0, 0.9, 0.9], "complains_after": DAY,
    })  # fmt: skip
    return pd.Series([day] * 5), found, truth


def test_right_is_the_right_document_in_its_current_version(five):
    _, found, truth = five
    assert is_right(found, truth).tolist() == [True, True, False, False, False]
    assert noted_right(found, truth).tolist() == [True, False, False, False, False]


def test_complaints_take_silence_for_consent_and_an_audit_weighs_what_it_drew(five):
    time, found, truth = five
    answered, now = np.ones(5, dtype=bool), pd.Timestamp("2026-02-01")
    heard = training_labels(time, found, truth, answered, now, "complaints")
    assert heard.use.all()
    assert heard.label.tolist() == [True, True, False, True, True]  # the last two are wrong, and nobody said so
    drawn = training_labels(time, found, truth, answered, now, "audit")
    assert drawn.use.tolist() == [True, False, False, True, False]
    assert drawn.label[drawn.use].tolist() == [True, False]
    assert drawn.weight[0] == 1 / AUDIT_RATE
    agents = training_labels(time, found, truth, ~answered, now, "complaints")
    assert agents.use.all()
    assert agents.label.tolist() == noted_right(found, truth).tolist()
    early = training_labels(time, found, truth, answered, time[0] + 2 * DAY, "complaints")
    assert early.use.tolist() == [False, False, True, False, False]
    with pytest.raises(AssistantError, match="The label policy"):
        training_labels(time, found, truth, answered, now, "hope")


def test_a_judge_and_an_encoder_say_what_they_lack():
    found = prepared()[1]["words"]
    with pytest.raises(AssistantError, match="same label"):
        fit_judge(found, np.ones(len(found), dtype=bool), np.ones(len(found)))
    with pytest.raises(AssistantError, match="300 or more"):
        fit_vectors(stream(), stream().questions["time"].iloc[10], np.random.default_rng(0))
    short = replace(stream(), questions=stream().questions.iloc[:2_000])
    with pytest.raises(AssistantError, match="days"):
        training.train(Run.new, short, np.random.default_rng(0))


def test_the_judge_ranks_passages_and_refuses_what_no_document_answers():
    release, found = (
        prepared()[0],
        training.searched(stream(), prepared()[0].vectors, release_day(), release_day() + 2 * DAY),
    )
    picked = release.pick(found)
    truth = stream().truth.loc[picked.index]
    answered = release.score(picked) >= release.policy.threshold
    nobody = truth["kind"].isin(["no document", "not allowed"]).to_numpy()
    assert answered[nobody].mean() < 0.1 < 0.6 < answered[~nobody].mean()
    assert is_right(picked, truth)[answered].mean() > 0.95 > is_right(picked, truth).mean()


def test_what_learns_before_a_day_does_not_see_it():
    """The release of the tests, and one of a stream whose later notes are all different."""
    truth = stream().truth.copy()
    later = (times_of(stream(), truth) >= release_day()).to_numpy()
    truth.loc[later, ["noted_id", "document_id"]] = 0
    other = replace(stream(), truth=truth)
    release = training.fit_release(other, prepared()[1], prepared()[0].vectors, release_day())
    some = prepared()[1]["hybrid"].iloc[:200]
    assert release.score(some) == pytest.approx(prepared()[0].score(some))


def test_an_old_index_brings_old_answers_and_an_index_of_the_day_none():
    release, first = prepared()[0], release_day()
    shares = {}
    for days in (1, 5):
        lived = training.lived(
            stream(), replace(release, policy=AnswerPolicy(cache_hours=0)), first, first + 5 * DAY, days
        )
        same = lived["document_id"] == stream().truth.loc[lived.index, "document_id"]
        shares[days] = (same & ~lived["right"]).sum()
    assert shares[1] == 0 < shares[5]


def test_rights_leak_only_where_nobody_asks_for_them():
    release, first = prepared()[0], release_day()
    table = training.rights_trial(stream(), release, first, first + 5 * DAY)
    allowed = between(stream().questions["time"], first, first + 5 * DAY)
    wanted = (stream().truth["kind"].to_numpy()[allowed] == "not allowed").sum()
    assert table.loc["no rights", "leaks"] > wanted / 2
    assert (table.loc[["after the search", "before the search"], "leaks"] == 0).all()


def test_a_wording_of_the_past_is_known_for_any_product_and_in_any_order_and_another_is_not():
    past = ["What is the price of the Aldera 300?", "Has F6501 been sent yet?", ""]
    asked = [
        "of the Borvik 210 what is the price, please?",
        "has no. A-1200 been sent yet",
        "How expensive is the Isel 500?",
    ]
    assert novelty.likeness(asked, past).tolist() == [1.0, 1.0, 0.0]
    slips = novelty.slipped(asked, 1.0, np.random.default_rng(0))
    assert [sorted(text) for text in slips] == [sorted(text) for text in asked]
    assert novelty.slipped(asked, 0.0, np.random.default_rng(0)) == asked


def test_a_release_without_some_questions_is_one_of_a_stream_that_never_had_them():
    rows, first = novelty.draw_new(stream(), np.random.default_rng(1))["wordings"], release_day()
    assert 0.1 < rows.mean() < 0.4
    truth = stream().truth.copy()
    truth.loc[rows & (stream().questions["time"] < first).to_numpy(), ["noted_id", "document_id"]] = 0
    made = [
        novelty.lived_without(one, rows, first, first + DAY, np.random.default_rng(0))[1]
        for one in (stream(), replace(stream(), truth=truth))
    ]
    pd.testing.assert_frame_equal(made[0].drop(columns="right"), made[1].drop(columns="right"))


def test_the_interval_of_a_release_is_over_the_unit_that_varies_most():
    """Questions in one wording stand or fall together, more than those of one customer or of one document do."""
    tested = training.lived(stream(), prepared()[0], release_day(), release_day() + 7 * DAY)
    found = [
        training.saved_a_day(tested, tested["saved_eur"], 7, np.random.default_rng(0), over) for over in training.UNITS
    ]
    customers, documents, wordings = (one.high - one.low for one in found)
    assert 1.3 * customers < documents < wordings
    assert training.saved_a_day(tested, tested["saved_eur"], 7, np.random.default_rng(0)) == found[-1]
