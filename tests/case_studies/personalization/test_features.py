"""Features against a slow loop, their age, and the release that leaves wrong ones."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from case_studies.kit import key_header, replay
from case_studies.kit.model_registry import ModelRegistry
from case_studies.personalization.data import load
from case_studies.personalization.features import FEATURES, WINDOWS, features_of
from case_studies.personalization.labels import learnable, rewards_as_of
from case_studies.personalization.models import Release
from case_studies.personalization.service import PageStore, app_of, restore
from tests.case_studies.personalization import hooks
from tests.case_studies.services import with_key


@pytest.fixture(scope="module")
def stream():
    return load("simulator", seed=3, days=9, visitors=25)


@pytest.mark.parametrize("lag", [np.timedelta64(0, "us"), np.timedelta64(5, "m"), np.timedelta64(1, "D")])
def test_features_equal_a_slow_loop_at_every_age(stream, lag):
    views, table = stream.views, features_of(stream.views, lag=lag)
    columns = ("time", "visitor_id", "category", "position")
    time, visitor, category, position = (views[name].to_numpy() for name in columns)
    for row in range(0, len(views), 37):
        mine = (visitor == visitor[row]) & (position == 1)
        for name, window in WINDOWS.items():
            inside = mine & (time < time[row] - lag) & (time >= time[row] - lag - window)
            for number in range(4):
                own = float(lag == np.timedelta64(0, "us") and category[row] == number)
                expected = (inside & (category == number)).sum() + own
                assert table[f"viewed_{number}_{name}"].iloc[row] == expected


def test_no_feature_of_a_day_changes_when_later_days_come(stream):
    early = stream.views[stream.views["time"] < stream.views["time"].iloc[0] + np.timedelta64(5, "D")]
    later = features_of(stream.views).iloc[: len(early)]
    np.testing.assert_array_equal(features_of(early), later)
    assert list(later) == list(FEATURES)


def test_clicks_count_from_the_moment_at_which_they_are_reported(stream):
    now = stream.views["time"].iloc[-1]
    known = rewards_as_of(stream.log, now)
    assert known.sum() < stream.log["clicked"].sum()
    assert not known[~stream.log["clicked"].to_numpy()].any()
    seen, matured = (
        learnable(stream.views["time"], stream.log, now, policy).sum() for policy in ("as seen", "matured")
    )
    assert matured < seen


def test_the_service_shows_what_the_offline_table_shows(case_study, run):
    release = Release.read(run.registry().path("v1"))
    requests, reports, offline = hooks.day(0)
    with case_study("personalization").served(run) as server:
        answers = replay(server.url, requests, reports, headers=key_header(run))
    page = np.array([request["page_id"] for request in requests])
    shown = release.decide(offline, page)
    assert answers["item"].tolist() == shown.item.tolist()
    np.testing.assert_allclose(answers["propensity"], shown.propensity)
    assert not answers.assign(page=page).duplicated(["page", "item"]).any()
    store = PageStore(run.store)
    clicks = dict(store.connection.execute("SELECT request_id, time_us FROM clicks").fetchall())
    store.close()
    assert {report["request_id"] for report in reports} <= clicks.keys()


def test_the_restored_memory_has_no_propensity_that_a_rule_made_false(run):
    registry, requests = run.registry(), hooks.day(0)[0][:200]
    bad = hooks.spoiled(Release.read(registry.path("v1")))
    registry.add("v2", bad.save)
    registry.promote("v2", "a campaign")
    client = with_key(app_of(run), run)
    assert client.post("/predict", json={"rows": requests}).status_code == 200
    registry.rollback("it overrides what was drawn")
    changed = restore(run, registry.path("v1"))
    store = PageStore(run.store)
    ids, page, position = (
        np.array([request[name] for request in requests]) for name in ("request_id", "page_id", "position")
    )
    query = "SELECT request_id FROM shown WHERE propensity IS NULL"
    emptied = {row[0] for row in store.connection.execute(query)}
    store.close()
    assert emptied == set(ids[bad.overrides(page, position)].tolist())
    assert changed > len(emptied)
    assert restore(run, registry.path("v1")) == 0


def test_a_slot_of_another_visitor_is_no_slot_of_the_page(run):
    first, second, *_ = hooks.day(0)[0]
    client = with_key(app_of(run), run)
    assert client.post("/predict", json=first).status_code == 200
    answer = client.post("/predict", json={**second, "visitor_id": second["visitor_id"] + 1})
    assert (answer.status_code, answer.get_json()["error"]["field"]) == (422, "page_id")
    assert client.post("/predict", json=second).status_code == 200


def test_what_is_shown_is_filed_under_the_release_that_chose_it(run, monkeypatch):
    """A promotion may come between; an estimate of a policy from the log would take its propensity for another's."""
    client, current, decided = with_key(app_of(run), run), run.registry().current, Release.decide
    view = hooks.day(0)[0][0]

    def promoted_meanwhile(*given):
        monkeypatch.setattr(ModelRegistry, "current", "v9")
        return decided(*given)

    monkeypatch.setattr(Release, "decide", promoted_meanwhile)
    assert client.post("/predict", json=view).get_json()["release"] == current
    with closing(sqlite3.connect(run.store)) as store:
        filed = store.execute("SELECT release FROM shown WHERE request_id = ?", [view["request_id"]])
        assert filed.fetchall() == [(current,)]


def test_metrics_tell_what_was_shown_by_release(run):
    client = with_key(app_of(run), run)
    client.post("/predict", json={"rows": hooks.day(0)[0][:100]})
    text = client.get("/metrics").get_data(as_text=True)
    shown = [float(line.split()[-1]) for line in text.splitlines() if line.startswith("slots_shown_total")]
    assert sum(shown) == 100
    assert "slot_propensity_count 100.0" in text
