"""The suite of `reduce_latency`: its service and cases, the verdicts on figures fed in; public predicts hidden."""

import json
import math
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

import grader.suites.reduce_latency as suite
from grader.bank.model import load_bank
from grader.bank.runner import run_cell
from grader.sandbox import make_sandbox
from grader.suite_kit import resources
from grader.suite_kit.benchmark import Speed
from grader.suite_kit.score_sheet import Sheet
from grader.suites import hidden
from grader.suites.reduce_latency import cases as stored
from grader.suites.reduce_latency import verdicts
from grader.suites.reduce_latency.requests import FAMILIES
from grader.suites.reduce_latency.stages import STAGES, judge_profile

ROOT = Path(__file__).parents[3]
NAME = "reduce_latency"
SECRETS = int(os.environ.get("MLSD_SECRETS", "3"))  # more of them by hand: two hundred take some minutes
MEASURED = [{"read": 0.31, "join": 0.13, "features": 0.26, "watch": 0.15, "score": 0.15}]
# These answer as the slow service does, only later or elsewhere: no seed can move what they get.
NEVER_WRONG = {"forks_a_worker", "hands_on_to_the_slow_one", "reads_once_only", "waits_for_company"}
NEVER_WRONG |= {"refreshes_in_the_background", "holds_too_much", "keeps_what_nobody_reads", "checks_in_pandas"}


@pytest.fixture(autouse=True)
def no_secret(monkeypatch, tmp_path):
    monkeypatch.setenv("MLSD_SECRET_FILE", str(tmp_path / "none"))


@pytest.fixture
def public():
    return stored.cases()


@pytest.fixture(scope="module")
def bank():
    return load_bank(ROOT, NAME)


def test_the_oracle_and_the_slow_service_agree_on_every_family(public, part):
    expected, slow = part.expected, suite.SlowService()
    rows = public.ordinary[:10] + [row for some in public.unusual.values() for row in some]
    assert expected(rows) == pytest.approx([slow.predict(row) for row in rows], abs=1e-12)


def test_the_stored_answers_are_those_of_the_stored_model(public, part):
    expected = part.expected
    assert public.expected == pytest.approx(expected(public.ordinary), abs=1e-12)
    for family, rows in public.unusual.items():
        assert public.unusual_expected[family] == pytest.approx(expected(rows), abs=1e-12)


def test_hidden_cases_are_of_the_public_families_and_differ_with_the_secret(monkeypatch, tmp_path, public):
    secret = tmp_path / "secret"
    monkeypatch.setenv("MLSD_SECRET_FILE", str(secret))
    drawn = []
    for text in ("a" * 64, "b" * 64, "a" * 64):
        secret.write_text(text)
        drawn.append(stored.cases())
    assert drawn[0] == drawn[2]
    assert drawn[0].private
    assert not public.private
    assert drawn[0].ordinary != drawn[1].ordinary != public.ordinary
    assert list(drawn[0].unusual) == list(public.unusual) == list(FAMILIES)
    assert len(drawn[0].ordinary) == len(public.ordinary)


def test_without_the_hidden_folder_a_secret_changes_nothing(monkeypatch, tmp_path, public):
    secret = tmp_path / "secret"
    secret.write_text("a" * 64)
    monkeypatch.setenv("MLSD_SECRET_FILE", str(secret))
    monkeypatch.setattr(stored, "hidden", lambda name: None)
    assert stored.cases() == public


def test_a_process_of_the_graders_finds_its_cases_once(monkeypatch, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("a" * 64)
    monkeypatch.setenv("MLSD_SECRET_FILE", str(secret))
    monkeypatch.setattr(stored, "_KEPT", [])
    drawn = stored.cases()
    suite.warm()
    monkeypatch.setattr(stored, "hidden", None)
    assert stored.cases() == drawn
    assert "sklearn.preprocessing" in sys.modules
    assert set(suite.PRELOADS) <= set(sys.modules)


def test_fresh_requests_never_repeat():
    fresh = stored.fresh_requests(3)
    rows = [json.dumps(next(fresh), sort_keys=True) for _ in range(200)]
    assert len(set(rows)) == 200


def test_a_threshold_is_met_exactly_in_its_family(public):
    limits = stored.thresholds()
    rows = public.unusual["exactly on a threshold"]
    assert all(row["distance_km"] in limits["distance_km"] or row["rain_mm"] in limits["rain_mm"] for row in rows)


# Verdicts on figures fed in


def profiled(shares, limit):
    sheet = Sheet("profile", 3)
    judge_profile(sheet, {"shares": shares, "limit": limit}, MEASURED)
    return sheet


def test_a_profile_is_judged_by_order_shares_and_limit():
    right = MEASURED[0]
    assert profiled(right, 1 / 0.69).points == 3
    assert profiled({**right, "read": 0.25, "features": 0.32}, 1 / 0.69).points == 2
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
    sheet = Sheet("profile", 3)
    judge_profile(sheet, given, MEASURED)
    assert sheet.points == 0
    assert "it must return" in " ".join(sheet.text().split())


def test_two_stages_that_cost_the_same_may_swap():
    sheet = Sheet("profile", 3)
    near = {**MEASURED[0], "read": 0.29, "features": 0.28}
    judge_profile(sheet, {"shares": {**near, "read": 0.28, "features": 0.29}, "limit": 1.4}, [near])
    assert sheet.criteria[0].met


RIGHT = tuple((None, 0.3, 0.3) for _ in range(40))
FAST = Speed(ratio=80.0, low=60.0, high=120.0, wall_ratio=70.0, outputs=RIGHT)


def timed(found, sure=True):
    sheet = Sheet("speed", 9)
    verdicts.judge_speed(sheet, found, sure, suite.THRESHOLDS)
    return sheet


@pytest.mark.parametrize(("ratio", "points"), [(1.4, 0), (2.4, 0), (2.5, 3), (7.9, 3), (8, 6), (29, 6), (30, 9)])
def test_speed_earns_three_points_a_step(ratio, points):
    assert timed(replace(FAST, ratio=ratio)).points == points


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (replace(FAST, outputs=(*RIGHT, *[(None, 0.3, 0.5)] * 3)), "the speed does not count"),
        (replace(FAST, outputs=(*RIGHT, *[(None, 0.3, math.nan)] * 3)), "the speed does not count"),
        (replace(FAST, outputs=(*RIGHT, *[(None, 0.3, None)] * 3)), "the speed does not count"),
        (replace(FAST, delegated_s=0.6), "in another process"),
        (replace(FAST, helpers=1), "in another process"),
        (replace(FAST, after_s=0.09), "after the answer"),
        (replace(FAST, wall_ratio=1.0), "the caller waited"),
    ],
)
def test_speed_that_is_not_of_the_answer_earns_nothing(found, words):
    sheet = timed(found)
    assert sheet.points == 0
    assert words in " ".join(sheet.text().split())


def test_one_wrong_answer_in_twenty_is_forgiven_in_the_timing():
    assert timed(replace(FAST, outputs=(*RIGHT, *[(None, 0.3, 0.5)] * 2))).points == 9


def test_an_unsteady_measurement_is_unstable_with_the_points_that_are_certain():
    sheet = timed(replace(FAST, ratio=40.0, low=10.0), sure=False)
    assert sheet.verdict == "unstable"
    assert sheet.points == 6


def test_the_accuracy_guard_looks_at_the_upper_end_of_its_interval(public):
    for given, points in [
        (public.expected, 1),
        ([0.28] * len(public.late), 0),
        ([None] * len(public.late), 0),
        ([1.5] * len(public.late), 0),
        ([float(late) for late in public.late], 1),
    ]:
        sheet = Sheet("accuracy", 1)
        verdicts.judge_accuracy(sheet, given, public)
        assert sheet.points == points


@pytest.mark.parametrize("given", [True, "0.3", None, math.nan, [0.3], 0.3j, np.float64("nan"), np.True_])
def test_only_a_finite_plain_number_agrees(given):
    assert not verdicts.agrees(given, 0.3, 10)
    assert verdicts.agrees(np.float32(0.3), 0.3, 1e-6)


def test_a_profile_is_measured_again_where_the_machine_was_disturbed(monkeypatch):
    disturbed = {**MEASURED[0], "read": 0.10, "score": 0.36}
    told = iter([[disturbed], MEASURED, []])
    monkeypatch.setattr(suite, "measure_shares", lambda rows: next(told))
    points = suite.profile(lambda: {"shares": MEASURED[0], "limit": 1 / 0.69})
    assert points == 3
    assert len(points.report.criteria) == 3
    assert next(told) == []


# What students are told, and what the class may rely on


def test_the_task_names_every_criterion_and_forbids_what_the_suite_forbids(bank):
    notebook = json.loads(bank.notebook.read_text())
    told = " ".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    assert tuple(notebook["metadata"]["mlsd"]["forbids"]) == suite.FORBIDS
    for threshold in suite.THRESHOLDS:
        assert f"{threshold}" in told
    for family in FAMILIES:
        assert family.replace("exactly on a threshold", "exactly on a threshold of the model").split()[0] in told
    assert f"{suite.MEMORY_MB} MB" in told
    assert f"{suite.START_CPU_S:g} s of CPU" in told
    assert sum(bank.maxima.values()) == 20


def service_of(bank, answer):
    namespace = {"__name__": "__main__"}
    for cell, source in bank.source(answer):
        if not cell.startswith("test-"):
            run_cell(cell, source, namespace)
    return namespace["FastService"], namespace["shadow_requests"]


@pytest.fixture
def part(monkeypatch, tmp_path):
    """The hidden part, loaded as the grader loads it; import guards and memory of this test process do not count."""
    secret = tmp_path / "secret"
    secret.write_text("a" * 64)
    monkeypatch.setenv("MLSD_SECRET_FILE", str(secret))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr("grader.suite_kit.resources.family_peak_mb", lambda: 200.0)
    return hidden(NAME)


@pytest.fixture
def fed_ratio(monkeypatch, part):
    """The timed part answers fresh requests but takes its ratio from here, so that it costs nothing."""

    def compare(slow, fast, fresh, thresholds):
        rows = [next(fresh) for _ in range(12)]
        outputs = [(row, right, fast(row)) for row, right in zip(rows, part.expected(rows), strict=True)]
        return replace(FAST, outputs=tuple(outputs)), True

    monkeypatch.setattr(suite, "compare", compare)


def test_no_answer_of_the_bank_depends_on_the_secret(bank, monkeypatch, part, fed_ratio):
    drawn = [part.drawn(seed, seed + 100) for seed in range(SECRETS)]
    for answer in bank.answers:
        if not answer.exact or answer.kind == "starter" or answer.name in NEVER_WRONG:
            continue
        service, shadow = service_of(bank, answer)
        marks = []
        for one in drawn:
            monkeypatch.setattr(stored, "cases", lambda one=one: one)
            tests = (suite.same_answers(service), suite.speed(service), suite.guards(service), suite.shadow(shadow))
            marks.append(sum(tests))
        public = bank.expected(answer)
        assert np.std(marks) <= 0.25, (answer.name, marks)
        assert np.mean(marks) == pytest.approx(sum(public.values()) - public["test-profile"], abs=0.25), answer.name


def test_answers_at_random_do_not_pass(monkeypatch, fed_ratio):
    rng = np.random.default_rng(11)
    public = stored.cases()
    monkeypatch.setattr(stored, "cases", lambda: public)
    monkeypatch.setattr(suite, "measure_shares", lambda rows: MEASURED)
    marks = []
    for _ in range(300):
        shares = dict(zip(STAGES, rng.dirichlet(np.ones(5)).tolist(), strict=True))
        limit, number = float(rng.uniform(1, 10)), int(rng.integers(1, 5000))
        weight, centre = float(rng.normal(0, 0.1)), float(rng.uniform(0, 1))

        class Random:
            def predict(self, row, weight=weight, centre=centre):
                return min(max(centre + weight * row["distance_km"], 0.0), 1.0)

        def profile(shares=shares, limit=limit):
            return {"shares": shares, "limit": limit}

        marks.append(
            suite.profile(profile) + suite.same_answers(Random) + suite.speed(Random)
            + suite.shadow(lambda share, confidence, number=number: number)
        )  # fmt: skip
    assert np.mean(np.array(marks) >= 12) < 0.01
    assert np.median(marks) <= 2


# Memory and preparation of all processes


def delegating(reference, prepare):
    """The reference, which has a child do something first; the child stays."""

    class Delegates(reference):
        def __init__(self):
            super().__init__()
            ready, done = os.pipe()
            if os.fork() == 0:
                try:
                    kept = prepare()
                    os.write(done, b"." if kept is not None else b"-")
                    signal.pause()
                finally:
                    os._exit(0)
            os.read(ready, 1)

    return Delegates


def hold_600_mb():
    return np.ones(75_000_000)


def work_half_a_second():
    while time.process_time() < 0.5:
        sum(range(10_000))
    return True


@pytest.fixture
def ended_children():
    """Children that a test leaves are ended after it; those that were there before serve other tests."""
    before = set(psutil.Process().children(recursive=True))
    yield
    for child in set(psutil.Process().children(recursive=True)) - before:
        if child.name() == psutil.Process().name():
            child.kill()
            child.wait()


def test_memory_that_a_child_holds_is_the_services_own(bank, monkeypatch, ended_children):
    reference = service_of(bank, next(one for one in bank.answers if one.kind == "reference"))[0]
    monkeypatch.setattr(suite, "MEMORY_MB", resources.family_peak_mb() + 300)
    assert suite.guards(reference) == 3
    points = suite.guards(delegating(reference, hold_600_mb))
    assert points == 2
    assert "the container is ended by its memory limit" in points.report.text()


def test_preparation_that_a_child_does_is_the_services_own(bank, monkeypatch, ended_children):
    reference = service_of(bank, next(one for one in bank.answers if one.kind == "reference"))[0]
    monkeypatch.setattr(suite, "MEMORY_MB", 10_000)
    monkeypatch.setattr(suite, "START_CPU_S", 0.4)
    assert suite.guards(reference) == 3
    points = suite.guards(delegating(reference, work_half_a_second))
    assert points == 2
    assert "__init__ worked 0." in points.report.text()


HOLDS = """
import os, signal
ready, done = os.pipe()
if os.fork() == 0:
    kept = bytearray(b"." * 200_000_000)
    os.write(done, b".")
    signal.pause()
os.read(ready, 1)
"""


def test_so_it_is_where_the_grader_reads_from_outside():
    with make_sandbox([]) as sandbox, sandbox.open() as session:
        before_mb = session.peak_mb()
        session.run_cell(HOLDS)
        assert before_mb + 180 < session.peak_mb() < before_mb + 450
