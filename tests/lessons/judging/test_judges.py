"""Simulated judges: people without habits, habits that order removes or leaves, and a lead that gives its share."""

import numpy as np
import pytest

from lessons.judging.judges import PERSON, Judge, draw_pairs, lead_for, preferred_share


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.55, 0.9])
def test_a_lead_gives_the_share_that_it_was_computed_for(share, rng):
    pairs = draw_pairs(200_000, rng, lead=lead_for(share))
    assert PERSON.chance(pairs).mean() == pytest.approx(share, abs=0.004)
    assert preferred_share(lead_for(share)) == pytest.approx(share)


def test_a_person_prefers_the_same_answer_in_either_order_and_at_any_length(rng):
    pairs = draw_pairs(1_000, rng, longer=1.0, own=True)
    assert np.array_equal(PERSON.chance(pairs, 1.0), PERSON.chance(pairs, -1.0))
    assert np.array_equal(PERSON.chance(pairs), PERSON.chance(draw_pairs(1_000, np.random.default_rng(0), longer=-1.0)))


@pytest.mark.parametrize(
    ("habit", "drawn", "left"),
    [
        ({"position": 1.0}, {}, False),
        ({"length": 1.0}, {"longer": 0.5}, True),
        ({"own_style": 1.0}, {"own": True}, True),
        ({"own_style": 1.0}, {}, False),
        ({"length": 1.0}, {}, False),
    ],
)
def test_both_orders_remove_the_habit_of_position_alone(habit, drawn, left, rng):
    share = Judge(**habit).both_orders(draw_pairs(200_000, rng, **drawn)).mean()
    assert (share > 0.53) if left else (share == pytest.approx(0.5, abs=0.005))


def test_votes_follow_the_chances_and_are_new_at_each_call(rng):
    pairs = draw_pairs(100_000, rng, lead=0.5)
    votes = PERSON.votes(pairs, rng)
    assert votes.mean() == pytest.approx(PERSON.chance(pairs).mean(), abs=0.006)
    assert not np.array_equal(votes, PERSON.votes(pairs, rng))


def test_a_judge_that_misreads_repeats_its_error_and_follows_people_less(rng):
    pairs = draw_pairs(20_000, rng)
    judge = Judge(misreading=2.0)
    assert np.array_equal(judge.chance(pairs), judge.chance(pairs))
    by_person = PERSON.votes(pairs, rng)
    assert np.corrcoef(judge.chance(pairs), by_person)[0, 1] < np.corrcoef(PERSON.chance(pairs), by_person)[0, 1] - 0.2


def test_length_is_worth_quality_only_where_it_was_asked_for(rng):
    padded, fuller = (draw_pairs(50_000, rng, worth=worth) for worth in (0.0, 0.5))
    assert abs(np.corrcoef(padded.better, padded.longer)[0, 1]) < 0.02
    assert np.corrcoef(fuller.better, fuller.longer)[0, 1] > 0.15
