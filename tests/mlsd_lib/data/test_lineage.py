"""Lineage: fingerprints that see every change, a graph without loops, walks against an obvious reference."""

import hashlib
import json
import platform
import subprocess
import sys
from importlib import metadata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsd_lib.data import DataError, Lineage, lineage
from mlsd_lib.data.lineage import environment, fingerprint, fingerprint_file, fingerprint_table

TIMES = pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-02"])


def table():
    return pd.DataFrame(
        {"id": [1, 2, 3], "amount": [0.5, np.nan, 7.0], "name": ["ab", "c", None], "time": TIMES.as_unit("s")}
    )


CHANGES = {
    "a value": lambda t: t.assign(amount=[0.5, np.nan, 7.0000000001]),
    "a missing value filled": lambda t: t.fillna({"amount": 0.0}),
    "an empty text for a missing one": lambda t: t.fillna({"name": ""}),
    "a text cut elsewhere": lambda t: t.assign(name=["a", "bc", None]),
    "the order of rows": lambda t: t[::-1],
    "the order of columns": lambda t: t[["amount", "id", "name", "time"]],
    "a name": lambda t: t.rename(columns={"amount": "value"}),
    "two names exchanged": lambda t: t.rename(columns={"amount": "id", "id": "amount"}),
    "whole numbers as floats": lambda t: t.astype({"id": float}),
    "numbers as text": lambda t: t.astype({"id": str}),
    "text as categories": lambda t: t.astype({"name": "category"}),
    "a unit of time": lambda t: t.assign(time=TIMES.as_unit("ms")),
    "a time zone": lambda t: t.assign(time=TIMES.tz_localize("UTC")),
    "a row fewer": lambda t: t[:2],
    "a column fewer": lambda t: t.drop(columns="time"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_table_has_another_fingerprint_after(change):
    assert fingerprint_table(change(table())) != fingerprint_table(table())


def test_the_same_values_have_the_same_fingerprint_whatever_the_index():
    mark = fingerprint_table(table())
    assert len(mark) == 64
    assert fingerprint_table(table().set_index(pd.Index([7, 8, 9]))) == mark
    assert fingerprint_table(pd.concat([table()[:1], table()[1:]])) == mark


@pytest.mark.parametrize(
    ("one", "other"),
    [([1, 2], ["1", "2"]), ([True], ["True"]), ([None], [float("nan")]), ([1], [1.0]), ([(1,)], ["(1,)"])],
)
def test_a_column_of_objects_tells_values_of_different_kinds_apart(one, other):
    marks = {fingerprint_table(pd.DataFrame({"x": pd.Series(v, dtype=object)})) for v in (one, other)}
    assert len(marks) == 2


def test_another_process_finds_the_same_fingerprint():
    program = (
        "import pandas as pd\n"
        "from mlsd_lib.data.lineage import fingerprint_table\n"
        "print(fingerprint_table(pd.DataFrame({'x': ['a', 'b'], 'y': pd.Series([1, 'z'], dtype=object)})))\n"
    )
    here = fingerprint_table(pd.DataFrame({"x": ["a", "b"], "y": pd.Series([1, "z"], dtype=object)}))
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here


def test_a_column_without_a_fingerprint_is_named():
    with pytest.raises(DataError, match=r"column 'tags' has no fingerprint.*Give numbers, times or text"):
        fingerprint_table(pd.DataFrame({"id": [1], "tags": [["a", "b"]]}))


def test_a_file_has_the_fingerprint_of_its_bytes(tmp_path):
    content = bytes(range(256)) * 2000
    (tmp_path / "file").write_bytes(content)
    assert fingerprint_file(tmp_path / "file") == hashlib.sha256(content).hexdigest()


def test_a_fingerprint_is_that_of_the_content_whatever_the_kind_of_thing():
    assert fingerprint(b"abc") == hashlib.sha256(b"abc").hexdigest()
    assert fingerprint(table()) == fingerprint_table(table())
    assert fingerprint(0.25) == fingerprint(0.25) != fingerprint(0.5)
    assert fingerprint(np.arange(3)) != fingerprint(np.arange(4))


def test_the_environment_names_python_the_machine_and_versions():
    assert environment(["numpy"]) == {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "numpy": metadata.version("numpy"),
    }
    with pytest.raises(DataError, match="'no-such-package' is not installed"):
        environment(["no-such-package"])


def marks(*names):
    return {name: f"mark of {name}" for name in names}


def story(path=None):
    """Two raw days, a table, two models, a metric of each."""
    graph = Lineage(path)
    graph.add("build", marks("day/1", "day/2"), marks("table"), "v1", {"window": 7})
    graph.add("train", marks("table"), marks("model/1"), "v1", {"trees": 5}, seed=0, environment={"python": "3.11"})
    graph.add("train", marks("table"), marks("model/2"), "v1", {"trees": 9}, seed=0)
    graph.add("evaluate", marks("model/1", "day/2"), marks("metric/1"), "v1")
    return graph


def test_what_was_made_from_a_thing_and_what_it_was_made_from():
    graph = story()
    assert graph.downstream("day/1") == ["metric/1", "model/1", "model/2", "table"]
    assert graph.downstream("model/1") == ["metric/1"]
    assert graph.downstream("metric/1") == graph.upstream("day/1") == []
    assert graph.upstream("metric/1") == ["day/1", "day/2", "model/1", "table"]
    assert graph.fingerprint("model/1") == "mark of model/1"


def test_a_recipe_holds_all_that_a_thing_needs_and_nothing_else():
    graph = story()
    assert [step.outputs for step in graph.recipe("metric/1")] == [marks("table"), marks("model/1"), marks("metric/1")]
    assert graph.recipe("day/1") == []


links = st.lists(st.lists(st.integers(0, 30), max_size=4), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(links=links, start=st.integers(0, 30))
def test_walks_agree_with_passes_repeated_until_nothing_is_added(links, start):
    """Step k makes thing k from the things named, of which only those made earlier, or raw ones, are let through."""
    graph, made_from = Lineage(), {}
    for number, wanted in enumerate(links):
        inputs = sorted(
            {f"{other}" for other in wanted if other < number} | {f"raw {other}" for other in wanted if other > number}
        )
        made_from[f"{number}"] = inputs
        graph.add(f"step {number}", marks(*inputs), marks(f"{number}"), "v1")
    known = sorted({*made_from, *(source for inputs in made_from.values() for source in inputs)})
    name = known[start % len(known)]
    reached, size = {name}, 0
    while size != len(reached):
        size = len(reached)
        reached |= {made for made, inputs in made_from.items() if reached & set(inputs)}
    assert graph.downstream(name) == sorted(reached - {name})
    assert graph.upstream(name) == [other for other in known if name in graph.downstream(other)]
    there = {raw for raw in known if raw not in made_from}
    for step in graph.recipe(name):
        assert set(step.inputs) <= there, "a recipe's steps can be run in its order"
        there |= set(step.outputs)
    assert name in there


def test_a_file_keeps_all_of_it_for_the_next_process(tmp_path):
    path = tmp_path / "lineage.json"
    first = story(path)
    second = Lineage(path)
    assert second.steps == first.steps
    second.add("train", marks("table"), marks("model/3"), "v2")
    assert [step.code for step in Lineage(path).steps] == ["v1", "v1", "v1", "v1", "v2"]
    assert list(tmp_path.iterdir()) == [path]


def test_adding_the_same_step_again_changes_nothing(tmp_path):
    graph = Lineage(tmp_path / "lineage.json")
    for _ in range(2):
        graph.add("build", marks("day"), marks("table"), "v1", {"windows": (1, 7)})
    assert len(graph.steps) == len(Lineage(graph.path).steps) == 1


REFUSED = {
    "an input that was otherwise before": (
        {"inputs": {"table": "changed"}, "outputs": marks("new")},
        r"'table' has the fingerprint mark of tab.* 'again' changed: a name stands for one content",
    ),
    "an output that was otherwise before": ({"inputs": {}, "outputs": {"model/1": "changed"}}, "for one content"),
    "an output that another step made": ({"inputs": {}, "outputs": marks("model/1")}, "which is there already"),
    "an output that others have read as raw": ({"inputs": {}, "outputs": marks("day/1")}, "which is there already"),
    "an output from itself": ({"inputs": marks("new"), "outputs": marks("new")}, "makes 'new', which is there already"),
    "a loop": ({"inputs": marks("metric/1"), "outputs": marks("table")}, "Give its output a new name"),
    "a parameter that JSON cannot hold": (
        {"inputs": {}, "outputs": marks("new"), "parameters": {"trees": np.int64(5)}},
        "'again' cannot be kept as JSON.*Give plain values",
    ),
    "a parameter that is no number": (
        {"inputs": {}, "outputs": marks("new"), "parameters": {"rate": float("nan")}},
        "cannot be kept as JSON",
    ),
}


@pytest.mark.parametrize(("step", "message"), REFUSED.values(), ids=REFUSED)
def test_a_refused_step_leaves_no_trace(tmp_path, step, message):
    graph = story(tmp_path / "lineage.json")
    before = list(graph.steps)
    with pytest.raises(DataError, match=message):
        graph.add("again", code="v1", **step)
    assert graph.steps == before == Lineage(graph.path).steps


def test_a_name_that_nobody_gave_is_refused():
    graph = story()
    for ask in (graph.fingerprint, graph.recipe, graph.upstream, graph.downstream):
        with pytest.raises(DataError, match=r"no 'model/9'; it has \['day/1'"):
            ask("model/9")


GOOD = {"name": "build", "inputs": {}, "outputs": {"table": "x"}, "code": "v1"}
NOT_LINEAGE = {
    "empty": "",
    "torn": json.dumps([GOOD])[:-9],
    "another file": '{"cells": []}',
    "a step without its code": json.dumps([{k: v for k, v in GOOD.items() if k != "code"}]),
    "a list of names": json.dumps([GOOD | {"inputs": ["day/1"]}]),
    "a number": "7",
}


@pytest.mark.parametrize("text", NOT_LINEAGE.values(), ids=NOT_LINEAGE)
def test_a_file_that_no_lineage_wrote_is_named(tmp_path, text):
    path = tmp_path / "lineage.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"lineage\.json is no lineage file.*Give one that a Lineage wrote"):
        Lineage(path)
    assert path.read_text() == text


def test_a_file_that_contradicts_itself_is_refused(tmp_path):
    path = tmp_path / "lineage.json"
    path.write_text(json.dumps([GOOD, GOOD | {"name": "other"}]))
    with pytest.raises(DataError, match="makes 'table', which is there already"):
        Lineage(path)


def test_a_step_that_cannot_be_written_is_not_kept_and_may_be_added_later(tmp_path, monkeypatch):
    graph = story(tmp_path / "lineage.json")

    def fail(*_):
        raise OSError("no space left")

    with monkeypatch.context() as full_disk:
        full_disk.setattr(lineage, "write_whole", fail)
        with pytest.raises(OSError, match="no space left"):
            graph.add("train", marks("table"), marks("model/3"), "v1")
    assert graph.steps == Lineage(graph.path).steps == story().steps
    graph.add("train", marks("table"), marks("model/3"), "v1")
    assert Lineage(graph.path).steps == graph.steps
