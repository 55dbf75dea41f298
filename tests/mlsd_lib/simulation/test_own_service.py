"""`mlsd simulate` for one's own service: its world, recorded arrivals, several seeds, several designs, JSON."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mlsd.cli import app
from mlsd.simulate.document import BatchCost, Keys, Level, Prices, ServiceDocument, Story, World
from mlsd.simulate.example import EXAMPLE
from mlsd.simulate.recorded import read_recorded
from mlsd.simulate.search import SearchDocument
from mlsd.simulate.study import Estimate, study
from mlsd_lib.simulation import SimulationError
from mlsd_lib.simulation.design import Design
from mlsd_lib.simulation.scenario import scenario
from mlsd_lib.simulation.scorecard import scored
from mlsd_lib.simulation.strict_yaml import read_yaml

SHORT = {"length_s": 60.0}


def document(world=None, **design):
    return ServiceDocument.of(design | {"world": SHORT | (world or {})})


def test_a_document_without_a_world_lives_in_the_lessons_one():
    plain = ServiceDocument.of({"replicas": {"count": 2}})
    story = Story("flash-crowd", 40.0)
    ours, theirs = plain.scenario(story, 4), scenario("flash-crowd", 4, rate=40.0)
    assert np.array_equal(ours.arrived, theirs.arrived)
    assert scored(plain, ours).record.same(scored(Design.of({"replicas": {"count": 2}}), theirs).record)
    assert scored(plain, ours).figures == scored(Design.of({"replicas": {"count": 2}}), theirs).figures


def test_every_word_of_a_world_changes_what_it_names():
    calm = scored(document(), document().scenario(Story(), 0))
    slow = document({"batch_cost": {"fixed_ms": 9.0}})
    assert scored(slow, slow.scenario(Story(), 0)).figures["p50, ms"] > calm.figures["p50, ms"] + 4
    strict = document({"level": {"within_ms": 5.0, "share": 0.5}})
    assert scored(strict, strict.scenario(Story(), 0)).figures["good, %"] < calm.figures["good, %"]
    priced = document({"prices": {"machine_hour": 4.0, "item_hour": 0.001}}, cache={"items": 100, "ttl_s": 1.0})
    hours = calm.figures["replica hours"]
    assert scored(priced, priced.scenario(Story(), 0)).figures["cost, EUR"] == pytest.approx(
        4 * hours + 0.1 / 60, rel=0.01
    )
    long = document({"length_s": 120.0}).scenario(Story(), 0)
    assert 60 < long.arrived.max() < 120
    few = document({"keys": {"items": 2}}, cache={"items": 100, "ttl_s": 600.0})
    assert scored(few, few.scenario(Story(), 0)).figures["from the cache, %"] > 90
    spot = document({"prices": {"spot_hour": 0.04}}, replicas={"spot": True})
    assert scored(spot, spot.scenario(Story(), 0)).figures["cost, EUR"] == pytest.approx(0.04 * hours)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("batch_cost: {row_s: 1}", "world.batch_cost.row_s is no entry; known here are fixed_ms, row_ms"),
        ("batch_cost: {fixed_ms: -1}", "world.batch_cost.fixed_ms is -1; it must be greater than or equal to 0"),
        ("batch_cost: {fixed_ms: .nan}", "world.batch_cost.fixed_ms is nan; it must be"),
        ("batch_cost: {fixed_ms: 0, row_ms: 0}", "a batch takes some time"),
        ("level: {share: 2}", "world.level.share is 2; it must be less than or equal to 1"),
        ("prices: {spot_hour: .inf}", "world.prices.spot_hour is inf; it must be"),
        ("length_s: 0", "world.length_s is 0; it must be greater than or equal to 1"),
        ("keys: {items: 0}", "world.keys.items is 0; it must be greater than or equal to 1"),
    ],
)
def test_a_world_that_cannot_be_meant_is_refused_in_one_line(tmp_path, text, message):
    path = tmp_path / "design.yaml"
    path.write_text(f"world: {{{text}}}")
    with pytest.raises(SimulationError) as raised:
        ServiceDocument.read(path)
    assert message in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_the_example_shows_every_entry_of_a_world_with_its_default_and_can_be_run(tmp_path):
    example = ServiceDocument.of(read_yaml(EXAMPLE))
    assert example.world == World()
    parts = (World, BatchCost, Level, Prices, Keys)
    assert {name for part in parts for name in part.model_fields if f"{name}:" not in EXAMPLE} == set()
    page = run(tmp_path, EXAMPLE)[1]
    assert "a batch takes 4 ms + 1 ms a row, 20% of it by chance" in page
    assert "99.0% of each minute&#x27;s requests within 250 ms" in page
    assert "0.4 EUR a machine an hour, 0.13 on spot" in page


def run(folder, *texts, options=()):
    """What the command prints for documents, and the page that it writes."""
    paths = [folder / f"{number}.yaml" for number, _ in enumerate(texts)]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    rate = [] if "--arrivals" in options else ["--rate", "10"]
    words = ["simulate", *map(str, paths), *rate, "--out", str(folder / "page.html"), *options]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output, (folder / "page.html").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="devices are no paths there")
def test_a_device_is_read_neither_as_a_design_nor_as_arrivals_nor_as_a_row():
    nothing = Path("/dev/null")  # /dev/zero would fill the memory
    for read in (ServiceDocument.read, SearchDocument.read, read_recorded):
        with pytest.raises(SimulationError, match="null cannot be read: it is no file"):
            read(nothing)
    with pytest.raises(SimulationError, match="it is no file"):
        CliRunner().invoke(app, ["measure", "http://127.0.0.1:9", "--row", f"@{nothing}"], catch_exceptions=False)


@pytest.mark.parametrize(
    "text",
    [
        "time\n100.5\n101\n103.25\n",
        "user,time\na,1764400000.5\nb,1764400001.0\nc,1764400003.25\n",
        "\ufefftime\n2026-11-29T08:00:00.5\n2026-11-29T08:00:01\n2026-11-29T08:00:03.25\n",
        "time\n2026-11-29T08:00:00.5Z\n2026-11-29T09:00:01+01:00\n2026-11-29T08:00:03.25+00:00\n",
    ],
)
def test_recorded_times_are_arrivals_from_the_first_of_them_on(tmp_path, text):
    (tmp_path / "log.csv").write_text(text)
    times, seconds = read_recorded(tmp_path / "log.csv").drawn(0)
    assert times.tolist() == [0, 0.5, 2.75]
    assert seconds == 3


@pytest.mark.parametrize(
    "text",
    [
        "count\n3\n0\n2\n",
        "time,count\n60,3\n180,2\n",
        "count,time\n3,2026-11-29T08:00\n2,2026-11-29T08:02\n",
    ],
)
def test_counts_are_drawn_within_their_minutes(tmp_path, text):
    (tmp_path / "counts.csv").write_text(text)
    recorded = read_recorded(tmp_path / "counts.csv")
    times, seconds = recorded.drawn(1)
    assert np.bincount((times // 60).astype(int)).tolist() == [3, 0, 2]
    assert (np.diff(times) >= 0).all()
    assert seconds == 180
    assert np.array_equal(times, recorded.drawn(1)[0])
    assert not np.array_equal(times, recorded.drawn(2)[0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the columns are none; one must be time"),
        ("at\n1\n", "line 1: the columns are at; one must be time (of a request) or count"),
        ("time\n", "no line follows the header"),
        ("time\n1\nsoon\n", "line 3: time is 'soon'; it must be seconds or ISO 8601"),
        ("time\n1\nnan\n", "line 3: time is 'nan'; it must be seconds or ISO 8601"),
        ("time,user\n1,a\n,b\n", "line 3: time is ''; it must be"),
        ("user,time\na,1\nb\n", "line 3: time is ''; it must be"),
        ("time\n2\n1\n", "line 3: time is '1', before that of the line above; times must rise. Sort it"),
        ("time\n1\n2026-11-29\n", "line 3: time is '2026-11-29', ISO 8601 without a zone, after seconds"),
        ("time\n0\n700000\n", "line 3: time is '700000', more than 7 days after the first"),
        ("count\n1\n-1\n", "line 3: count is '-1'; it must be a whole number"),
        ("count\n1.5\n", "line 2: count is '1.5'; it must be a whole number"),
        ("count\n5\n\n5\n", "line 3: count is ''; each line is a minute"),
        ("count\n0\n0\n", "no request is counted"),
        ("count\n999999999\n", "999,999,999 requests are counted; at most 5,000,000"),
        ("count\n" + "1\n" * 10_081, "10,081 minutes are more than 7 days"),
        ("time,count\n0,1\n90,1\n", "line 3: time is '90', 90 s after the first"),
        ("time,count\n0,1\n0,1\n", "line 3: time is '0', 0 s after the first"),
        ('time\n"1\n', "cannot be read: "),
    ],
)
def test_a_trace_that_cannot_be_meant_is_refused_with_its_line(tmp_path, text, message):
    (tmp_path / "log.csv").write_text(text)
    with pytest.raises(SimulationError) as raised:
        read_recorded(tmp_path / "log.csv")
    assert message in str(raised.value)
    assert "log.csv" in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def recorded(tmp_path):
    (tmp_path / "log.csv").write_text("time\n" + "".join(f"{k / 10}\n" for k in range(3_000)))
    return read_recorded(tmp_path / "log.csv")


def test_what_happens_in_a_scenario_happens_over_recorded_arrivals_too(tmp_path):
    trace = recorded(tmp_path)
    calm, slow, lost = (
        ServiceDocument().scenario(Story(name, trace=trace), 0)
        for name in ("steady", "slow-dependency", "replica-lost")
    )
    assert calm.arrived.tolist() == lost.arrived.tolist() == trace.times.tolist()
    assert (len(calm.slow), len(slow.slow), len(lost.failures)) == (0, 1, 1)
    assert slow.slow[0].start_s == lost.failures[0].at_s == 100
    cut = document({"length_s": 100.0}).scenario(Story(trace=trace), 0)
    assert (len(cut.arrived), cut.seconds) == (1_000, 100)
    for story, wrong in (
        (Story("flash-crowd", trace=trace), "draws its own"),
        (Story("calm", trace=trace), "must be one of steady"),
    ):
        with pytest.raises(SimulationError, match=wrong):
            ServiceDocument().scenario(story, 0)
    with pytest.raises(SimulationError, match="the recorded arrivals last 300 s"):
        document({"length_s": 400.0}).scenario(Story(trace=trace), 0)


def test_an_interval_holds_the_mean_of_ninety_in_a_hundred_samples():
    rng = np.random.default_rng(0)
    found = [Estimate.of(rng.normal(5, 2, 6)) for _ in range(2_000)]
    assert np.mean([interval.low <= 5 <= interval.high for interval in found]) == pytest.approx(0.9, abs=0.02)
    assert np.isnan(Estimate.of([1.0]).low)
    assert Estimate.of([1.0, np.inf]).plain() == {"mean": None, "low": None, "high": None}


def test_seeds_are_those_of_single_runs_and_the_same_for_every_design():
    one, two = document(), document(replicas={"count": 2})
    found = study({"one": one, "two": two}, Story("steady", 20.0), range(3, 6))
    single = [scored(two, two.scenario(Story("steady", 20.0), seed)).figures for seed in (3, 4, 5)]
    assert list(found[1].runs) == single
    assert found[1].figures["p99, ms"].mean == pytest.approx(np.mean([run["p99, ms"] for run in single]))
    assert [run["requests"] for run in found[0].runs] == [run["requests"] for run in found[1].runs]


def test_json_says_what_its_schema_says_and_nothing_else_is_printed(tmp_path):
    world = "world: {length_s: 60}"
    shown, page = run(tmp_path, f"timeout_s: 0.001\n{world}", world, options=["--json", "--seeds", "3"])
    found = json.loads(shown, parse_constant=pytest.fail)
    assert (found["schema"], found["scenario"], found["seeds"]) == ("mlsd.simulate/1", "steady", [0, 1, 2])
    hopeless, good = found["designs"]
    assert (hopeless["name"], hopeless["kept"], good["kept"]) == ("0.yaml", 0, 1)
    assert hopeless["figures"]["p99, ms"] == {"mean": None, "low": None, "high": None}
    tail = good["steady_p99_ms"]
    assert tail["low"] < tail["value"] < tail["high"]
    assert (tail["long"], hopeless["steady_p99_ms"]) == (False, None)  # a minute is too short
    cost = good["figures"]["requests"]
    assert cost["low"] < cost["mean"] < cost["high"]
    assert ServiceDocument.of(good["document"]).world.length_s == 60
    assert "<svg" in page
    assert "Every minute kept the level in every run: 1.yaml" in page


def test_recorded_arrivals_are_simulated_from_the_command_line(tmp_path):
    recorded(tmp_path)
    shown, page = run(tmp_path, "timeout_s: 1", options=["--arrivals", str(tmp_path / "log.csv"), "--seeds", "2"])
    assert "log.csv" in shown
    assert "3,000 (3,000 to 3,000)" in shown
    assert "3,000 (3,000 to 3,000)" in page
    assert "0.yaml: Every minute kept the level in 100% of 2 seeds. First: Kept: 99.0%" in shown
    assert "Every minute kept the level in 100% of 2 seeds. First: Kept: 99.0%" in page


def test_a_document_given_twice_is_refused(tmp_path):
    (tmp_path / "a.yaml").write_text("timeout_s: 1")
    result = CliRunner().invoke(app, ["simulate", str(tmp_path / "a.yaml"), str(tmp_path / "a.yaml")])
    assert "a document is given twice" in str(result.exception)


def test_of_two_designs_what_differs_is_shown_entry_by_entry(tmp_path):
    printed, page = run(tmp_path, "timeout_s: 0.5", "{timeout_s: 0.5, replicas: {count: 3}}")
    assert re.search(r"What differs:\n +0.yaml 1.yaml\nentry.*\nreplicas.count +1 +3\n", printed)
    assert "timeout_s" not in printed.partition("What differs:")[2]
    assert "<td>replicas.count</td><td>1</td><td>3</td>" in page


def test_a_rate_and_recorded_arrivals_contradict_each_other(tmp_path):
    (tmp_path / "a.yaml").write_text("timeout_s: 0.5")
    (tmp_path / "seen.csv").write_text("time\n0\n1\n")
    words = ["simulate", str(tmp_path / "a.yaml"), "--rate", "5", "--arrivals", str(tmp_path / "seen.csv")]
    with pytest.raises(SimulationError, match="--rate is 5, and --arrivals says when requests come"):
        CliRunner().invoke(app, words, catch_exceptions=False)
