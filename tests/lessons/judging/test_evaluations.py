"""Shares at equal length against a known truth, rankings with and without a habit, and the alarms of gates."""

import numpy as np
import pytest

from lessons.judging.evaluations import half_each, share_at_equal_length, stops, tournament
from lessons.judging.judges import PERSON, Judge, draw_pairs, lead_for

RULES = ("fixed limit", "paired test", "two-sample test")
QUALITY = np.array([0.0, 0.3, 0.6])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_half_of_the_pairs_are_in_each_order():
    assert half_each(6).tolist() == [1, -1, 1, -1, 1, -1]


@pytest.mark.parametrize("length", [0.0, 2.0])
def test_at_equal_length_the_share_is_that_of_a_judge_without_a_taste_for_it(length, rng):
    pairs, order = draw_pairs(20_000, rng, lead=lead_for(0.6), longer=-0.5), half_each(20_000)
    votes = Judge(position=0.8, length=length).votes(pairs, rng, order)
    assert share_at_equal_length(pairs, votes, order) == pytest.approx(0.6, abs=0.025)


def test_at_equal_length_a_gain_that_comes_from_length_is_gone(rng):
    pairs, order = draw_pairs(20_000, rng, longer=0.5, worth=1.0), half_each(20_000)
    votes = PERSON.votes(pairs, rng)
    assert votes.mean() > 0.6
    assert share_at_equal_length(pairs, votes, order) == pytest.approx(0.5, abs=0.025)


def test_a_judge_without_habits_ranks_as_people_do(rng):
    agreed, wins = tournament(PERSON, QUALITY, np.ones(3), 4_000, rng)
    assert 0.65 < agreed < 0.8
    assert wins.sum(axis=1) == pytest.approx([1.5, 1.5])
    assert wins[0] == pytest.approx(wins[1], abs=0.03)
    assert list(np.argsort(wins[0])) == [0, 1, 2]


@pytest.mark.parametrize(("lengths", "worst"), [([3.0, 1.0, 1.0], 1), ([1.0, 1.0, 1.0], 0)])
def test_a_taste_for_length_moves_a_system_only_if_it_writes_more(lengths, worst, rng):
    _, wins = tournament(Judge(length=2.0), QUALITY, np.array(lengths), 4_000, rng)
    assert wins[0].argmin() == worst
    assert wins[1].argmin() == 0


def test_rules_of_a_gate_by_hand():
    old, new = np.array([[1.0, 1.0, 1.0, 0.0]]), np.array([[1.0, 1.0, 0.0, 0.0]])
    found = stops(old, new)  # a quarter lost; standard errors .25 paired and .38 of two samples
    assert {rule: bool(stopped[0]) for rule, stopped in found.items()} == dict(
        zip(RULES, (True, False, False), strict=True)
    )
    assert not stops(old, old)["fixed limit"][0]


def test_the_paired_test_keeps_its_level_and_finds_more_than_two_samples(rng):
    chance = rng.beta(1.0, 0.5, (2_000, 400))
    old, same = ((rng.random(chance.shape) < chance).astype(float) for _ in range(2))
    worse = (rng.random(chance.shape) < 0.9 * chance).astype(float)
    assert 0.035 < stops(old, same)["paired test"].mean() < 0.065
    found = stops(old, worse)
    assert found["paired test"].mean() > found["two-sample test"].mean() + 0.1
    assert stops(old, same, level=0.2)["paired test"].mean() > 0.15
