"""Live weeks: quiet while clean, loud by the mean weight at the incident, whole again after the rollback."""

import copy
import functools

import numpy as np
import pytest

from case_studies.kit import weekly
from case_studies.personalization.incident import Page, campaign
from case_studies.personalization.policy import SlotPolicy


@pytest.fixture(scope="module", params=[0, 1])
def lived(request):
    """Pages that opened alike and then lived differently, each life lived once."""
    opened = Page.opened(np.random.default_rng(request.param), visitors=130)
    return functools.cache(functools.partial(live, opened))


def live(opened, incident=False, files=True, rollback="release and state", weeks=1):
    page = copy.deepcopy(opened)
    if incident:
        page.deploy(page.release.with_rule(campaign(page.rates, files)))
    for _ in range(weeks):
        page.week(rollback)
    return page


def test_clean_days_do_not_act_and_the_incident_is_caught_on_its_first_day(lived):
    clean, broken = lived(), lived(incident=True)
    assert not any(day["acting"] for day in clean.days)
    assert "mean_weight:weight" in broken.days[0]["acting"]
    assert [day["spoiled"] for day in broken.days] == [True] + [False] * 6


def test_a_rule_that_files_nothing_wrongly_is_caught_by_the_mean_weight_alone(lived):
    broken = lived(incident=True, files=False)
    assert broken.days[0]["acting"] == ["mean_weight:weight"]


def test_a_rollback_with_its_state_leaves_features_of_a_page_that_never_broke(lived):
    clean, restored, half = lived(), lived(incident=True), lived(incident=True, rollback="release")
    np.testing.assert_array_equal(restored.features, clean.features)
    assert (half.features.to_numpy() != clean.features.to_numpy()).any()
    emptied = restored.log["propensity"].isna()
    assert emptied.equals(restored.log["overridden"].fillna(False).astype(bool))
    assert 0 < emptied.sum() < len(emptied)
    assert half.log["propensity"].notna().all()


def test_the_incident_costs_money_and_waiting_costs_more(lived):
    earned = {
        name: weekly(page.days)["earned_eur"].sum()
        for name, page in {
            "clean": lived(),
            "both": lived(incident=True),
            "wait": lived(incident=True, rollback="wait for labels"),
        }.items()
    }
    assert earned["wait"] < earned["both"] < earned["clean"]


def test_a_retrained_page_keeps_its_policy_and_learns_from_trusted_rows_only(lived):
    page = copy.deepcopy(lived(incident=True))
    old = page.monitor
    page.retrain(watched=False)
    assert page.monitor is old
    page.retrain()
    assert page.monitor is not old
    assert page.release.policy == SlotPolicy()
    assert page.release.rule is None
    page.week()
    assert not any(day["spoiled"] for day in page.days[7:])


def test_clean_days_raise_alerts_at_the_stated_rate_and_none_that_acts():
    """Twenty small sites, two clean weeks each. Days of one site share its thresholds: the interval is over sites."""
    shares, acting = [], 0
    for seed in range(20):
        page = Page.opened(np.random.default_rng(100 + seed), visitors=40)
        for _ in range(2):
            page.week("wait for labels")
        shares.append(np.mean([bool(day["alerts"]) for day in page.days]))
        acting += sum(bool(day["acting"]) for day in page.days)
    stated, error = page.monitor.false_alarm_rate, np.std(shares, ddof=1) / np.sqrt(len(shares))
    assert stated == pytest.approx(1 / 29)
    assert np.mean(shares) < stated + 2 * error
    assert np.mean(shares) > stated / 20
    assert acting <= 2
