"""Live weeks: quiet while clean, flooded at the incident, whole again after the rollback."""

import copy
import functools

import numpy as np
import pytest

from case_studies.moderation.incident import HURRIED, Board


@pytest.fixture(scope="module")
def lived():
    """Boards that opened alike and then lived a week differently, each life lived once."""
    opened = Board.opened(np.random.default_rng(0), authors=150)
    return functools.cache(functools.partial(live, opened))


def live(opened, incident=False, rollback="release and state"):
    board = copy.deepcopy(opened)
    board.wave()
    if incident:
        board.deploy(board.release.with_normaliser(HURRIED))
    board.week(rollback)
    return board


def test_a_wave_alone_stays_quiet_and_the_incident_is_caught_on_its_first_day(lived):
    clean, broken = lived(), lived(incident=True)
    assert not any(day["acting"] for day in clean.days)
    assert "feature_drift:unread" in broken.days[0]["acting"]
    assert [day["spoiled"] for day in broken.days] == [True] + [False] * 6
    assert broken.days[0]["wanted"] > 5 * clean.days[0]["wanted"]


def test_after_the_rollback_with_its_state_the_texts_and_histories_are_those_of_a_board_that_never_broke(lived):
    clean, restored, half = lived(), lived(incident=True), lived(incident=True, rollback="release")
    assert (restored.stream.posts["read"] == clean.stream.posts["read"]).all()
    assert (half.stream.posts["read"] != clean.stream.posts["read"]).any()
    columns = ["author_hits_7d", "thread_hits_2d", "insult_hits", "unread"]
    np.testing.assert_array_equal(restored.features[columns], clean.features[columns])
    assert (half.features[columns] != clean.features[columns]).any().any()
    assert restored.spoiled is None


def test_a_flooded_queue_is_decided_again_only_by_the_rollback_that_reaches_it(lived):
    restored, half = lived(incident=True), lived(incident=True, rollback="release")
    assert restored.days[1]["queue"] < half.days[1]["queue"]


def test_retraining_keeps_policy_and_reading_and_learns_from_live_labels(lived):
    board = copy.deepcopy(lived())
    before = board.release
    board.retrain("appeals")
    assert board.release.policy == before.policy
    assert board.release.normaliser == before.normaliser
    assert board.release is not before
