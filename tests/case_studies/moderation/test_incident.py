"""Live weeks: quiet while clean, flooded at the incident, whole again after the rollback."""

import copy
import functools

import numpy as np
import pytest

from case_studies.kit import acting
from case_studies.moderation import data, monitor, train
from case_studies.moderation.incident import HURRIED, Board
from case_studies.moderation.models import fit_release


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


def test_a_rollback_with_its_state_leaves_texts_and_histories_of_a_sound_board(lived):
    clean, restored, half = lived(), lived(incident=True), lived(incident=True, rollback="release")
    assert (restored.stream.posts["read"] == clean.stream.posts["read"]).all()
    assert (half.stream.posts["read"] != clean.stream.posts["read"]).any()
    columns = ["author_hits_7d", "thread_hits_2d", "insult_hits", "unread"]
    np.testing.assert_array_equal(restored.features[columns], clean.features[columns])
    assert (half.features[columns] != clean.features[columns]).any().any()
    assert restored.spoiled is None


def test_a_flooded_queue_is_decided_again_only_by_the_rollback_that_reaches_it(lived):
    restored, half = lived(incident=True), lived(incident=True, rollback="release")
    for figure in ("queue", "late"):
        assert restored.days[1][figure] < half.days[1][figure]


def test_retraining_keeps_policy_and_reading_and_learns_from_live_labels(lived):
    board = copy.deepcopy(lived())
    before = board.release
    board.retrain("appeals")
    assert board.release.policy == before.policy
    assert board.release.normaliser == before.normaliser
    assert board.release is not before


def test_clean_days_ring_at_the_stated_rate_and_never_loud_enough_for_a_rollback():
    """Twenty boards, a week each after their release; the rate may be missed by three standard errors over boards."""
    rung, acted = np.zeros((20, 7), dtype=bool), 0
    for seed in range(20):
        stream, features = train.prepared(data.load_posts(np.random.default_rng(seed), 51, authors=150))
        now = stream.posts["time"].iloc[0].normalize() + 44 * data.DAY
        release = fit_release(stream, features, now)
        watching = monitor.monitor_of(release, features, stream.posts, now)
        for day in range(7):
            rows = data.between(stream.posts["time"], now + day * data.DAY, now + (day + 1) * data.DAY)
            made = release.decide(features[rows], stream.posts["read"].to_numpy()[rows])
            alerts = watching.observe(monitor.window_of(features[rows], made.score, made.action), t=day)
            rung[seed, day] = bool(alerts)
            acted += len(acting(alerts))
    stated = watching.false_alarm_rate
    assert stated == 1 / (monitor.REFERENCE_DAYS + 1)
    assert rung.mean() <= stated + 3 * max(rung.mean(axis=1).std(), np.sqrt(stated / 7)) / np.sqrt(20)
    assert acted == 0
