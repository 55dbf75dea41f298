"""A live system on a case as small as can be: what arrives is a number, a bad release writes it down tenfold."""

import pandas as pd
import pytest

from case_studies.kit import LiveSystem, acting, weekly
from mlsd_lib.operations.monitor import Alert
from mlsd_lib.simulation import SimulationError


class Limit:
    """A monitor that rings when the day's number is over 15, and acts beyond 30."""

    def observe(self, window, t):
        value = float(window["number"].iloc[0])
        return [Alert(t, "number", value, 15.0, "page", "", "")] if value > 15 else []


class Counter(LiveSystem[int]):
    """A release is the factor by which it misreads; `state` is what was written down, `sent` what came."""

    def __init__(self, release=1):
        super().__init__(release, Limit())
        self.state, self.sent = [], []

    def live_day(self, arrivals):
        self.sent.append(arrivals)
        self.state.append(arrivals * self.release)
        return pd.DataFrame({"number": self.state[-1:]}), {"saved_eur": 100.0, "at_stake_eur": 150.0}

    def spoils(self, release):
        return release != 1

    def restore_state(self, day):
        self.state[day:] = self.sent[day:]


def lived(days, rollback, bad_on=2, factor=10):
    system = Counter()
    for number in range(days):
        if number == bad_on:
            system.deploy(factor)
        system.day(7, rollback)
    return system


def test_a_rollback_of_release_and_state_leaves_nothing():
    system = lived(5, "release and state")
    assert (system.release, system.state, system.spoiled) == (1, [7] * 5, None)
    assert [day["rollbacks"] for day in system.days] == [0, 0, 1, 0, 0]
    assert [day["spoiled"] for day in system.days] == [False, False, True, False, False]
    assert [day["acting"] for day in system.days] == [[], [], ["number"], [], []]
    assert [day["saved_eur"] for day in system.days] == [100, 100, -300, 100, 100]


def test_a_rollback_of_the_release_alone_leaves_its_state_until_labels_show_it():
    system = lived(6, "release")
    assert (system.release, system.state) == (1, [7, 7, 70, 7, 7, 7])
    assert system.spoiled.day == 2
    for _ in range(6):
        system.day(7, "release")
    assert system.state == [7] * 12
    assert [day["rollbacks"] for day in system.days] == [0, 0, 1] + [0] * 8 + [1]


def test_whoever_waits_is_shown_by_labels_on_the_tenth_day():
    system = lived(12, "wait for labels")
    assert [day["spoiled"] for day in system.days] == [False] * 2 + [True] * 10
    assert (system.release, system.state, system.spoiled) == (1, [7] * 12, None)
    assert sum(day["rollbacks"] for day in system.days) == 1


def test_a_rollback_brings_back_the_release_before_the_bad_one():
    system, own = Counter(), Limit()
    before = system.monitor
    system.deploy(2)  # 14 a day: bad, and below the limit
    system.deploy(1, own)  # retrained on what the bad one wrote
    assert (system.monitor, system.spoiled.release) == (own, 1)
    for _ in range(10):
        system.day(7, "release and state")
    assert (system.monitor, system.spoiled) == (before, None)


def test_a_false_alarm_takes_a_good_release_back_and_costs_a_rollback():
    trusting, waiting = Counter(), Counter()
    for system, rollback in ((trusting, "release and state"), (waiting, "wait for labels")):
        system.deploy(1, Limit())
        system.day(40, rollback)
    assert trusting.earlier == []
    assert len(waiting.earlier) == 1
    assert trusting.days[0]["saved_eur"] == waiting.days[0]["saved_eur"] - trusting.rollback_cost_eur
    trusting.day(40, "release and state")  # nothing to go back to any more
    assert trusting.days[1]["rollbacks"] == 0


def test_an_alert_close_to_its_threshold_is_acted_on_only_by_whoever_acts_on_all():
    careful, hasty = Counter(), Counter()
    hasty.act_beyond = 1.0
    for system in (careful, hasty):
        system.deploy(1)
        system.day(20)
    assert [day["alerts"] for day in careful.days] == [day["alerts"] for day in hasty.days] == [["number"]]
    assert [system.days[0]["rollbacks"] for system in (careful, hasty)] == [0, 1]
    assert acting([Alert(0, "a", 2.0, 1.0, "page", "", "")]) == []


def test_an_unknown_policy_is_refused_before_anything_is_lived():
    system = Counter()
    with pytest.raises(SimulationError, match="rollback is 'hope'"):
        system.day(7, "hope")
    assert system.sent == []


def test_weeks_sum_figures_and_count_days():
    weeks = weekly(lived(9, "release and state").days)
    assert weeks["saved_eur"].tolist() == [300, 200]
    assert weeks["lost_eur"].tolist() == [750, 100]
    assert weeks["alerts"].tolist() == weeks["spoiled"].tolist() == weeks["rollbacks"].tolist() == [1, 0]
