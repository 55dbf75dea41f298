"""What is `reduce_latency`'s own: its oracle, its requests, the verdicts on figures fed in, all processes counted."""

import gc
import itertools
import json
import math
import os

import pytest

import grader.suites.reduce_latency as suite
from grader.suite_kit import resources
from grader.suite_kit.score_sheet import Sheet
from grader.suites.reduce_latency import cases as stored
from grader.suites.reduce_latency.cities import KINDS, draw_cities
from grader.suites.reduce_latency.requests import FAMILIES
from grader.suites.reduce_latency.service import HERE
from grader.suites.reduce_latency.stages import STAGES, judge_profile
from tests.grader.suites.contract import bank_of, cells_of, reference_of, told_of

SUITE = "grader.suites.reduce_latency.suite"
BANK = bank_of("reduce_latency")
MEASURED = [{"read": 0.31, "join": 0.13, "features": 0.26, "watch": 0.15, "score": 0.15}]


@pytest.fixture
def public():
    return suite.CASES.public()


def test_hidden_families_are_the_public_ones(public, secret):
    drawn = suite.CASES.find()
    assert list(drawn.unusual) == list(public.unusual) == list(FAMILIES)
    assert len(drawn.ordinary) == len(public.ordinary)


def test_fresh_requests_never_repeat():
    fresh = stored.fresh_requests(3)
    rows = [json.dumps(next(fresh), sort_keys=True) for _ in range(200)]
    assert len(set(rows)) == 200


def test_a_threshold_is_met_exactly_in_its_family(public):
    limits = stored.thresholds()
    rows = public.unusual["exactly on a threshold"]
    assert all(row["distance_km"] in limits["distance_km"] or row["rain_mm"] in limits["rain_mm"] for row in rows)


# Verdicts on figures fed in


def profiled(shares, limit, measured=MEASURED, elsewhere=None):
    """The sheet of a profile that is the same in two cities; `elsewhere` another is measured."""
    sheet = Sheet("profile", 3, families=suite.EXERCISE.families)
    profile = {"shares": shares, "limit": limit}
    judge_profile(sheet, {"here": profile, "there": profile}, {"here": measured, "there": elsewhere or measured})
    return sheet


def test_a_profile_is_judged_by_order_shares_and_limit():
    right = MEASURED[0]
    assert profiled(right, 1 / 0.69).points == 3
    near = {"read": 0.22, "join": 0.13, "features": 0.30, "watch": 0.24, "score": 0.11}
    assert profiled(near, 1 / 0.69).points == 2
    assert profiled({**right, "read": 0.42, "features": 0.14, "watch": 0.16}, 1 / 0.69).points == 1
    assert profiled(right, 1 / 0.31).points == 2
    assert profiled({**right, "join": 0.18, "watch": 0.10}, 1 / 0.69).points == 3


@pytest.mark.parametrize(
    "given",
    [None, {}, {"shares": {}, "limit": 2}, {"shares": [0.2] * 5, "limit": 2}, {"shares": MEASURED[0], "limit": "2x"},
     {"shares": MEASURED[0] | {"more": 0}, "limit": 2}, {"shares": dict.fromkeys(STAGES, math.nan), "limit": 2},
     {"shares": dict.fromkeys(STAGES, 20), "limit": 2}],
)  # fmt: skip
def test_a_profile_of_another_form_is_told_the_form(given):
    sheet = Sheet("profile", 3, families=suite.EXERCISE.families)
    judge_profile(sheet, {"here": given}, {"here": MEASURED})
    assert sheet.points == 0
    assert "it must return" in " ".join(sheet.text().split())


def test_two_stages_that_cost_the_same_may_swap():
    near = {**MEASURED[0], "read": 0.28, "features": 0.29}
    for apart, met in ((0.04, True), (0.06, False)):
        other = {**near, "read": 0.285 + apart / 2, "features": 0.285 - apart / 2}
        assert profiled(near, 1.4, [other]).criteria[0].met is met


def test_a_city_is_measured_again_where_the_machine_was_disturbed(monkeypatch):
    disturbed = [{**MEASURED[0], "read": 0.10, "score": 0.36}]
    asked = []

    def measure_shares(city, rows):
        asked.append(city)
        return disturbed if len(asked) == 2 else MEASURED

    monkeypatch.setattr(f"{SUITE}.measure_shares", measure_shares)
    points = suite.profile(lambda city: {"shares": MEASURED[0], "limit": 1 / 0.69})
    assert points == 3
    assert len(points.report.criteria) == 3
    first, second, third = draw_cities(suite.CASES.public().seed).values()
    assert asked == [first, second, third, second]


def test_a_citys_service_answers_from_tables_of_its_sizes_that_go_with_it():
    city = {"trees": 700, "reference": 4000}
    service = suite.SlowService(city)
    row = suite.CASES.public().ordinary[0]
    assert 0 < service.predict(row) < 1
    assert (service.trees["tree"].nunique(), len(service.reference)) == (700, 4000)
    folder = service.folder
    assert folder != HERE
    service.predict(row)
    assert service.folder == folder
    del service
    gc.collect()
    assert not folder.exists()


# What students are told


def test_the_task_names_every_city_and_family():
    told = told_of(BANK.notebook)
    names = [*KINDS, *(family.split()[0] for family in FAMILIES)]
    sizes = [f"{least:,} to {most:,}" for city in KINDS.values() for least, most in city.values()]
    assert [text for text in [*names, *sizes] if text not in told] == []


def test_the_first_answer_that_differs_is_told_apart_with_its_request(public, reference, capsys, secret, monkeypatch):
    class FastService(reference):
        def predict(self, row):
            return super().predict(row) / (2 if row["rain_mm"] is None else 1)

    assert "suite.show" not in suite.same_answers(FastService).report.text()
    monkeypatch.setenv("MLSD_SECRET_FILE", os.devnull)
    text = " ".join(suite.same_answers(FastService).report.text().split())
    number = next(i for i, row in enumerate(public.ordinary) if row["rain_mm"] is None)
    row, right = public.of("ordinary")[number]
    shown = f'suite.show("ordinary", {number}) is {row["order"]}, you gave {right / 2:.8g}, right is {right:.8g}.'
    assert shown in text
    assert 'suite.show("rain not reported", 0)' in text
    suite.show("ordinary", number)
    assert capsys.readouterr().out == f"{json.dumps(row)}\n-> {right!r}\n"


# Memory and preparation of all processes: how they are read is proven in tests/grader/suite_kit/test_resources.py


@pytest.fixture
def reference():
    return cells_of(BANK, reference_of(BANK))["FastService"]


@pytest.mark.parametrize(
    ("read", "figures", "words"),
    [
        ("family_peak_mb", itertools.repeat(600.0), "the container is ended by its memory limit"),
        ("delegated_s", itertools.count(0.0, 2.5), "__init__ worked "),
    ],
)
def test_what_its_processes_hold_and_prepare_is_the_services_own(reference, read, figures, words, monkeypatch):
    monkeypatch.setattr(resources, "family_peak_mb", lambda: 200.0)
    assert suite.guards(reference) == 3
    monkeypatch.setattr(resources, read, lambda: next(figures))
    points = suite.guards(reference)
    assert points == 2
    assert words in " ".join(points.report.text().split())
