"""A search over designs: what is run, the front, the cheapest, and going on where it was stopped."""

import json
import math

import pytest
from typer.testing import CliRunner

from mlsd.cli import app
from mlsd.simulate import runs, search
from mlsd.simulate.document import ServiceDocument, Story
from mlsd.simulate.search import Range, SearchDocument, Searched
from mlsd_lib.modeling.dask_cluster import DaskCluster
from mlsd_lib.simulation import SimulationError
from mlsd_lib.simulation.scorecard import scored


@pytest.mark.parametrize(
    ("entry", "values"),
    [
        ({"least": 1, "most": 4}, [1, 2, 3, 4]),
        ({"least": 1, "most": 8, "step": 3}, [1, 4, 7]),
        ({"least": 0.1, "most": 0.3, "step": 0.1}, [0.1, 0.2, 0.3]),
        ({"least": 1.0, "most": 100.0, "values": 3, "log": True}, [1, 10, 100]),
        ({"least": 1, "most": 4, "values": 7}, [1, 2, 3, 4]),
    ],
)
def test_a_range_has_its_values(entry, values):
    found = Range.of(entry).listed()
    assert found == pytest.approx(values)
    assert all(isinstance(value, int) for value in found) == isinstance(entry["least"], int)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"search": {}}, "search names no entry; .* Write one: replicas.count"),
        (
            {"search": {"replicas.count": []}},
            r"search\.replicas\.count is \[\]; it must be a list of values or a range",
        ),
        ({"search": {"replicas.count": 5}}, r"search\.replicas\.count is 5; it must be a list of values or a range"),
        ({"search": {"replicas.cont": [1]}}, r"replicas\.cont is no entry; known here are count"),
        ({"search": {"replicas.count": [1, 900]}}, r"replicas\.count is 900; it must be less than or equal to 500"),
        (
            {"search": {"cache.items": [10**30], "cache.ttl_s": [1]}},
            r"cache\.items is 10{30}; it must be less than or equal to",
        ),
        ({"search": {"replicas.count": {"least": 4, "most": 1}}}, "least is 4, above most, 1. Exchange them"),
        ({"search": {"replicas.count": {"lest": 4, "most": 1}}}, "lest is no entry; known here are least, most"),
        ({"search": {"timeout_s": {"least": 0, "most": 1, "step": 1e-9}}}, "more than 1,000 values"),
        ({"search": {"timeout_s": {"least": 0, "most": 1, "log": True}}}, "log needs a least above 0, and values"),
        ({"search": {"timeout_s": {"least": 1, "most": math.inf}}}, "most"),
        ({"search": {"timeout_s": [1], "hedge_after_s": [2, 3]}}, "No design of the search can be run.*Hedge earlier"),
        ({"search": {f"a{k}": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] for k in range(5)}}, "search has 100,000 designs"),
        ({"search": {"timeout_s": [1]}, "dessign": {}}, "dessign is no entry; known here are search, design"),
        ({"search": {"timeout_s": [1]}, "design": {"timeout": 2}}, "timeout is no entry"),
    ],
)
def test_a_search_that_cannot_be_meant_is_refused(document, message):
    with pytest.raises(SimulationError, match=message):
        SearchDocument.of(document).combinations()


def test_every_combination_is_a_design_but_those_that_contradict_themselves():
    document = {
        "search": {"batching.wait_s": [0.0, 0.01], "batching.most_rows": [1, 8], "cache": [None]},
        "design": {"batching": {"most_rows": 3}, "replicas": {"count": 2}},
    }
    found = SearchDocument.of(document).combinations()
    rows = [(design.batching.wait_s, design.batching.most_rows, design.replicas.count) for _, design in found.designs]
    assert rows == [(0.0, 1, 2), (0.0, 8, 2), (0.01, 8, 2)]
    assert (found.left_out, "Set most_rows" in found.why) == (1, True)
    assert document["design"] == {"batching": {"most_rows": 3}, "replicas": {"count": 2}}


def searched(cost, good, below=0, name="a"):
    return Searched(
        values={"x.name": name}, runs=({"cost, EUR": cost, "good, %": good, "minutes below the level": below},)
    )


def test_the_front_is_what_no_other_design_beats():
    found = [searched(*place) for place in ((1, 50), (2, 90), (2, 80), (3, 90), (2, 90), (4, 99), (0.5, 10))]
    slow = [
        not any(
            b.figures["cost, EUR"].mean <= a.figures["cost, EUR"].mean
            and b.figures["good, %"].mean >= a.figures["good, %"].mean
            and (b.figures["cost, EUR"].mean, b.figures["good, %"].mean)
            != (a.figures["cost, EUR"].mean, a.figures["good, %"].mean)
            for b in found
        )
        for a in found
    ]
    assert search.on_front(found) == slow == [True, True, False, False, True, True, True]


def test_designs_at_one_place_of_the_front_have_one_label_that_says_what_differs():
    def one(count, limit, cost, good):
        return Searched(
            values={"replicas.count": count, "queue.limit": limit, "timeout_s": 1}, runs=searched(cost, good).runs
        )

    found = [one(1, 5, 1, 50), one(1, 9, 1, 50), one(2, 5, 2, 90), one(3, 5, 3, 80)]
    assert list(search.named_front(found)) == ["count 1 and 1 alike", "count 2"]
    assert list(search.named_front(found[:1])) == ["count 1, limit 5, timeout_s 1"]


def test_the_cheapest_kept_the_level_in_every_seed():
    once = Searched(values={"x": "b"}, runs=(searched(1, 99).runs[0], searched(1, 90, below=1).runs[0]))
    kept = [searched(3, 99), once, searched(2, 99, name="c"), searched(1, 50, below=4)]
    assert search.cheapest(kept) == 2
    assert search.verdict(kept).startswith("Cheapest that kept the level in every minute of every seed: name c, 2 ")
    assert search.cheapest(kept[1:2]) is None
    assert search.verdict(kept[1:2] + kept[3:]).startswith("No design kept the level in every minute. Nearest: x b")


SEARCH = """
search:
  replicas.count: {least: 1, most: 3}
  batching.most_rows: [1, 8]
design:
  world: {length_s: 60, level: {within_ms: 100}}
"""


def run(path, *words, where=("--workers", "1")):
    result = CliRunner().invoke(app, ["simulate", str(path), "--rate", "250", *where, *words])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def test_a_search_finds_the_cheapest_and_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    path = tmp_path / "plan.yaml"
    path.write_text(SEARCH)
    shown = run(path)
    assert "Cheapest that kept the level in every minute of every seed: count 1, most_rows 8" in shown
    page = (tmp_path / "plan-steady.html").read_text()
    assert "<svg" in page
    assert page.count("<tr>") == 7
    kept = tmp_path / "plan-steady.runs.jsonl"
    lines = kept.read_text().splitlines()
    assert len(lines) == 6
    alone = ServiceDocument.of({"replicas": {"count": 2}, "world": {"length_s": 60, "level": {"within_ms": 100}}})
    figures = scored(alone, alone.scenario(Story("steady", 250.0), 0)).figures
    assert sum(json.loads(line)["figures"] == pytest.approx(figures, rel=1e-12) for line in lines) == 1

    asked = []

    def computed(tasks, *_):
        asked.extend(tasks)
        _, text, seed = tasks[0]
        document = ServiceDocument.model_validate_json(text)
        return {tasks[0][0]: scored(document, document.scenario(Story("steady", 250.0), seed)).figures}

    monkeypatch.setattr(runs, "computed", computed)
    kept.write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:30])  # the last line was being written
    found = json.loads(run(path, "--json"), parse_constant=pytest.fail)
    assert len(asked) == 1
    assert (found["schema"], found["cheapest"], found["left_out"]) == ("mlsd.simulate.search/1", 1, 0)
    assert found["designs"][1]["values"] == {"replicas.count": 1, "batching.most_rows": 8}
    assert found["designs"][1]["on_front"]
    kept.write_text("\n".join(lines) + "\n")
    run(path, "--json")
    assert len(asked) == 1  # all six are there
    with pytest.raises(AssertionError):  # another story has none of them
        run(path, "--json", "--scenario", "flash-crowd")
    assert len(asked) == 7


def test_runs_that_have_no_place_are_named(tmp_path):
    (tmp_path / "plan.yaml").write_text(SEARCH)
    (tmp_path / "plan-steady.runs.jsonl").mkdir()
    result = CliRunner().invoke(app, ["simulate", str(tmp_path / "plan.yaml"), "--workers", "1"])
    assert isinstance(result.exception, SimulationError)
    assert "The runs cannot be kept in" in str(result.exception)


def test_a_search_on_a_dask_cluster_of_processes_is_that_of_the_pool(tmp_path):
    (tmp_path / "plan.yaml").write_text(SEARCH)
    with DaskCluster(workers=2) as cluster:
        there = run(tmp_path / "plan.yaml", "--json", "--seeds", "4", where=("--dask", cluster.address))
    kept = tmp_path / "plan-steady.runs.jsonl"
    assert len(kept.read_text().splitlines()) == 24
    assert run(tmp_path / "plan.yaml", "--json", "--seeds", "4", where=("--dask", "tcp://127.0.0.1:1")) == there  # kept
    kept.unlink()
    assert run(tmp_path / "plan.yaml", "--json", "--seeds", "4") == there


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--dask", "tcp://127.0.0.1:1"], "--dask tcp://127.0.0.1:1: "),
        (["--dask", "nowhere://x"], "Name the address of a scheduler, as tcp://127.0.0.1:8786"),
        (["--dask", "tcp://127.0.0.1:1", "--workers", "2"], "--dask names a cluster with its own. Give one of the two"),
    ],
)
def test_a_cluster_that_is_not_there_is_named(tmp_path, monkeypatch, words, message):
    monkeypatch.setattr(runs, "CONNECT_S", 0.5)
    (tmp_path / "plan.yaml").write_text(SEARCH)
    result = CliRunner().invoke(app, ["simulate", str(tmp_path / "plan.yaml"), *words])
    assert isinstance(result.exception, SimulationError)
    assert message in str(result.exception)
    assert len(str(result.exception).splitlines()) == 1


def test_a_cluster_is_for_a_search_alone(tmp_path):
    (tmp_path / "one.yaml").write_text("timeout_s: 1")
    result = CliRunner().invoke(app, ["simulate", str(tmp_path / "one.yaml"), "--dask", "tcp://127.0.0.1:1"])
    assert "is no search. Leave it out, or give a search alone" in str(result.exception)


def test_a_worker_with_other_code_refuses_and_one_with_the_same_runs():
    plain = ServiceDocument.of({"world": {"length_s": 10}})
    tasks = [("key", plain.model_dump_json(), 3)]
    assert runs.run_there(Story(), tasks, runs.code()) == [("key", scored(plain, plain.scenario(Story(), 3)).figures)]
    with pytest.raises(SimulationError, match="has another version of mlsd"):
        runs.run_there(Story(), tasks, "another")
