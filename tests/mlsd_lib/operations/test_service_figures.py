"""A running service on one page: the arithmetic of a window, four groups of figures, rules, Prometheus's own files."""

import itertools
import json
import math
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlsd.cli import app
from mlsd_lib.operations import OperationsError
from mlsd_lib.operations.alert_rules import RULES, monitor_rules
from mlsd_lib.operations.prometheus_files import files
from mlsd_lib.operations.scraping import Scrape, Window, scrape
from mlsd_lib.operations.service_figures import GROUPS, SILENT, SPENT, figures
from mlsd_lib.operations.service_page import write_page
from mlsd_lib.serving import ServerProcess
from mlsd_lib.serving.requests import status_of
from tests.needs import skip_without
from tests.waiting import until

ROOT = Path(__file__).parents[3]
BEFORE = """requests_total{route="/predict",status="200"} 100
requests_total{route="/reports",status="200"} 5
"""
AFTER = """requests_total{route="/predict",status="200"} 190
requests_total{route="/predict",status="500"} 10
requests_total{route="/reports",status="200"} 25
request_latency_seconds_bucket{route="/predict",le="0.1"} 50
request_latency_seconds_bucket{route="/predict",le="0.2"} 90
request_latency_seconds_bucket{route="/predict",le="+Inf"} 100
request_latency_seconds_count{route="/predict"} 100
request_latency_seconds_sum{route="/predict"} 12
reviews_total{release="v2"} 20
"""


@pytest.fixture
def window():
    return Window(Scrape.parse(BEFORE, 0.0), Scrape.parse(AFTER, 10.0))


def test_a_window_has_rates_shares_and_quantiles_as_prometheus_computes_them(window):
    found = figures(window)
    assert found["system"]["requests/s"] == 10
    assert found["system"]["errors"] == 0.1
    assert found["system"]["refusals"] == 0
    assert found["system"]["median s"] == pytest.approx(0.1)
    assert window.quantile(0.7, "request_latency_seconds") == pytest.approx(0.1 + 0.1 * 20 / 40)
    assert found["system"]["p99 s"] == pytest.approx(0.2)  # beyond the last edge nothing is known
    assert found["business"] == {"reviews v2/s": 2}
    assert found["feedback"] == {"/reports/s": 2}
    assert math.isnan(found["model"]["mean score"])


def test_a_counter_that_began_anew_counts_from_zero():
    window = Window(Scrape.parse("a_total 500", 0.0), Scrape.parse("a_total 7", 1.0))
    assert window.grown("a_total") == 7


SCORED = """prediction_score_bucket{le="-4"} %d
prediction_score_bucket{le="+Inf"} %d
prediction_score_count %d
prediction_score_sum %d
errors_cache_total %d
errors_total{kind="cache"} %d
"""


def test_scores_below_zero_and_counters_of_one_name_are_told_as_they_are():
    found = figures(Window(*(Scrape.parse(SCORED % (n, n, n, -5 * n, n, 2 * n), n) for n in (10.0, 20.0))))
    assert found["model"] == {"mean score": -5, "p90 score": -4}
    assert sorted(found["business"].values()) == [1, 2]
    assert math.isnan(found["system"]["requests/s"])  # they are counted by another name, or not at all


def test_a_rule_rings_when_it_was_broken_as_often_as_it_says_and_not_before(window, tmp_path):
    bad = figures(window)
    errors = next(rule for rule in RULES if rule.name == "ErrorsHigh")
    assert not errors.rings([bad])
    assert errors.rings([bad, bad])
    good = {**bad, "system": {**bad["system"], "errors": 0.0}}
    assert not errors.rings([bad, bad, good])
    unseen = {**bad, "system": {**bad["system"], "errors": math.nan}}
    assert not errors.rings([unseen, unseen])
    spent = {SPENT: bad[SPENT]}  # of a window that is too old to be drawn
    assert errors.rings([bad, SILENT, bad, SILENT])  # a service that answers every second time hides nothing
    assert not errors.rings([spent, bad, SILENT, SILENT])
    down = next(rule for rule in RULES if rule.name == "ServiceDown")
    assert not down.rings([bad, SILENT, bad, SILENT])
    assert down.rings([bad, SILENT, SILENT])


def test_the_page_shows_each_figure_and_what_to_do_and_runs_nothing(window, tmp_path):
    page = tmp_path / "page.html"
    ringing = write_page(page, "http://127.0.0.1:1/<script>", [figures(window)] * 2, 15)
    text = page.read_text()
    assert [rule.name for rule in ringing] == ["ErrorsHigh"]
    assert f"1 of {len(RULES)} alerts ring" in text
    assert "Roll back if a release is younger" in text
    assert "<script" not in text
    assert text.count("<svg") == sum(len(figures(window)[group]) for group in GROUPS)


WATCHED = """monitor_acts_beyond 2
monitor_index{metric="volume"} 0.4
monitor_index{metric="flag_rate"} %s
monitor_alarm{metric="volume",runbook="Check upstream."} 0
monitor_alarm{metric="flag_rate",runbook="Check <capacity>."} 1
"""


@pytest.mark.parametrize("index", [1.9, 2.1])
def test_the_services_own_monitor_rings_beyond_its_limit_with_its_runbook(tmp_path, index):
    after = Scrape.parse(AFTER + WATCHED % index, 10.0)
    found, page, rules = figures(Window(Scrape.parse(BEFORE, 0.0), after)), tmp_path / "page.html", monitor_rules(after)
    assert found["model"]["largest monitor index"] == index
    assert [rule.figure for rule in rules] == ["flag_rate", "volume"]  # the furthest from normal first
    ringing = write_page(page, "here", [found], 15, rules)
    assert [rule.name for rule in ringing] == ["flag_rate"] * (index > 2)
    assert "Check &lt;capacity&gt;." in page.read_text()
    assert "flag_rate above 2 times its threshold" in page.read_text()
    assert monitor_rules(Scrape.parse(AFTER, 0.0)) == []


def test_what_is_no_service_is_refused():
    with pytest.raises(OperationsError, match="does not answer"):
        scrape("http://127.0.0.1:9")
    with pytest.raises(OperationsError, match="cannot be read: it is no address"):
        scrape("127.0.0.1:9")
    with pytest.raises(OperationsError, match="Prometheus's format"):
        Scrape.parse("<html>{ hello", 0.0)
    with pytest.raises(OperationsError, match="answer_seconds_bucket has no bucket le"):
        Scrape.parse('answer_seconds_bucket{le="0.1"} 7', 0.0)


def test_the_command_watches_a_live_service_and_says_what_to_do(tmp_path):
    command = [sys.executable, "-m", "mlsd_lib.serving.faulty_service", "{port}", "--fault", "errors", "--amount", ".3"]
    with ServerProcess(command) as service:
        numbers, ended = itertools.count(), threading.Event()

        def load():
            while not ended.is_set():
                status_of(f"{service.url}/predict", json.dumps({"number": next(numbers)}).encode())

        loader = threading.Thread(target=load)
        loader.start()
        try:
            page = tmp_path / "page.html"
            words = ["monitor", service.url, "--every", "0.8", "--windows", "6", "--out", str(page)]
            ran = CliRunner().invoke(app, words, catch_exceptions=False)
        finally:
            ended.set()
            loader.join()
    assert ran.exit_code == 0
    assert "ErrorsHigh rings. the team that runs the service: Roll back" in ran.output
    assert "p99 s" in page.read_text()


def test_a_service_that_ends_rings_and_the_page_goes_on(tmp_path):
    page = tmp_path / "page.html"
    seen = []
    with ServerProcess([sys.executable, "-m", "mlsd_lib.serving.faulty_service", "{port}"]) as service:
        words = [sys.executable, "-m", "mlsd.cli", "monitor", service.url, "--every", "0.3", "--out", str(page)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as watching:
            try:
                until(page.is_file, "the page of a service that answers")
                service.stop()
                for line in watching.stdout:
                    seen.append(line)
                    if "ServiceDown rings" in line:
                        break
                told = page.stat().st_mtime_ns
                until(lambda: page.stat().st_mtime_ns > told, "the page after the service has ended")
            finally:
                watching.kill()
    assert "Look whether its process runs and its port answers" in seen[-1]
    assert "answers to /metrics <b>0</b>" in page.read_text()


def test_prometheus_takes_over_with_files_that_are_in_the_tree():
    folder = ROOT / "deploy" / "monitoring"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert written == files(), "write them anew: python -m mlsd_lib.operations.prometheus_files deploy/monitoring"
    skip_without("promtool")
    done = subprocess.run(
        ["promtool", "check", "config", str(folder / "prometheus.yml")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(RULES) + 1} rules found" in done.stdout  # and the service's own monitor
