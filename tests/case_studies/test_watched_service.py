"""The running service of each case watches itself: its bad release rings, the same release under a new name does not.

The days are those of the case's `hooks`, in the requests' own time: nothing waits.
"""

import itertools
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from case_studies.kit import DecisionService, DecisionStore, decision_service
from case_studies.kit.live_monitor import OUTCOMES
from mlsd_lib.operations.alert_rules import monitor_rules
from mlsd_lib.operations.scraping import Scrape, Window
from mlsd_lib.operations.service_figures import figures
from mlsd_lib.operations.service_page import write_page
from tests.case_studies.services import with_key

CASES = sorted(path.parent.name for path in (Path(__file__).parents[2] / "case_studies").glob("*/cli.py"))


@pytest.fixture(params=CASES)
def case(request, case_study):
    return case_study(request.param)


class Client:
    """Requests and reports to the app of a run, in this process."""

    def __init__(self, case, run):
        self.case, self.client = case, with_key(case.module("service").app_of(run), run)
        self.clock = itertools.count()

    def live(self, number, first=None):
        """Sends a day, or the `first` requests of it."""
        requests, reports, _ = self.case.hooks.day(number)
        for start in range(0, len(requests), 50):
            batch = requests[start : start + 50][:first]
            assert self.client.post("/predict", json={"rows": batch}).status_code == 200
            if first:
                return
        known = {request[self.case.hooks.ID] for request in requests}
        for report in reports:
            answer = self.client.post("/reports", json=report)
            assert answer.status_code == 200 or report[self.case.hooks.ID] not in known, answer.get_json()

    def scrape(self):
        return Scrape.parse(self.client.get("/metrics").get_data(as_text=True), float(next(self.clock)))


def ringing(scrape):
    return {dict(own)["metric"] for (name, own), value in scrape.values.items() if name == "monitor_alarm" and value}


def day_of(scrape):
    return scrape.values[("monitor_day_timestamp_seconds", frozenset())] // 86_400


def test_the_service_rings_on_its_incident_and_stays_quiet_on_a_healthy_release(case, tmp_path):
    run = case.copied(tmp_path)
    client, registry = Client(case, run), run.registry()
    good = case.module("models").Release.read(registry.path("v1"))
    client.live(0)
    registry.add("v2", good.save)
    registry.promote("v2", "the same model under another name: the control")
    client.live(1)
    unseen = client.scrape()
    assert not any(name == "monitor_index" for name, _ in unseen.values)  # the day is not over
    client.live(2, first=6)
    healthy = client.scrape()
    assert ringing(healthy) == set()
    assert max(figures(Window(unseen, healthy))["monitor"].values()) > 0.1  # it did look
    registry.add("v3", case.hooks.spoiled(good).save)
    registry.promote("v3", "a bad release")
    client.live(2)
    client.live(3, first=6)
    bad = client.scrape()
    assert day_of(bad) == day_of(healthy) + 1
    assert ringing(bad)
    assert OUTCOMES not in ringing(bad)
    found, page = figures(Window(healthy, bad)), tmp_path / "page.html"
    rang = write_page(page, "the service", [found], 15, monitor_rules(bad))
    assert {rule.name for rule in rang} == ringing(bad)
    assert all(rule.runbook in page.read_text(encoding="utf-8") for rule in rang)
    again = Client(case, run).scrape()  # another process of the run finds what was found
    assert ringing(again) == ringing(bad)


def shifted(body, own_ids, days):
    """A body so many days later, under ids of its own."""
    time = datetime.fromisoformat(body["time"]) + timedelta(days=days)
    return body | {name: body[name] + days * 10**9 for name in own_ids if name in body} | {"time": time.isoformat()}


def rows_by_table(store):
    names = store.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name: store.connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0] for (name,) in names}


def test_a_year_of_requests_leaves_a_memory_of_the_days_that_are_kept(case, tmp_path, monkeypatch):
    """Twenty requests each fifth day, for a year, and what is reported of them."""
    monkeypatch.setattr(decision_service, "FORGET_EACH", 50)  # so few would take a service years
    run, own_ids = case.copied(tmp_path), (case.hooks.ID, "page_id")
    client, (requests, reports, _) = with_key(case.module("service").app_of(run), run), case.hooks.day(0)
    requests = requests[:20]
    known = {request[case.hooks.ID] for request in requests}
    reports = [report for report in reports if report[case.hooks.ID] in known]
    store, every = DecisionStore(run.store), 5
    newest = datetime.fromisoformat(requests[-1]["time"])
    for days in range(0, 366, every):
        clock = newest + timedelta(days=days + every)  # a report comes some days later
        monkeypatch.setattr(DecisionService, "clock", staticmethod(lambda at=clock: at))
        rows = [shifted(request, own_ids, days) for request in requests]
        assert client.post("/predict", json={"rows": rows}).status_code == 200
        for report in reports:
            client.post("/reports", json=shifted(report, own_ids, days))
    keep = next(
        value for value in vars(case.module("service")).values() if getattr(value, "id_field", "") == case.hooks.ID
    )
    a_day = len(requests) + len(reports)
    most = a_day * (keep.keep_days // every + 1) + 2 * 50 + 7 * a_day  # the last: a unit's first days
    counted = rows_by_table(store)
    assert counted["decisions"] > len(requests) * keep.keep_days // every
    assert {name: count for name, count in counted.items() if count > most} == {}
    old = client.post("/predict", json=shifted(requests[0], own_ids, 400) | {"time": requests[0]["time"]})
    assert (old.status_code, old.get_json()["error"]["field"]) == (422, "time")
    case.module("service").restore(run, run.registry().path("v1"))  # finds whatever it needs
