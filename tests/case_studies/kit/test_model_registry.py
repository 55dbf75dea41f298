"""A registry that is valid at every moment."""

import itertools
import json
import os
import subprocess
import sys
import threading

import pytest

from case_studies.kit import ModelRegistry
from mlsd_lib.modeling import ModelingError


def writes(text):
    return lambda folder: (folder / "model.txt").write_text(text)


def registry_of(root, *names):
    registry = ModelRegistry(root, itertools.count(100).__next__)
    for name in names:
        if name not in registry.versions():
            registry.add(name, writes(name))
    return registry


def test_promote_and_rollback_move_the_pointers_and_tell_why(tmp_path):
    registry = registry_of(tmp_path, "v1", "v2")
    assert (registry.current, registry.previous, registry.history()) == (None, None, [])
    registry.promote("v1", "first")
    registry.promote("v2", "better")
    assert (registry.current, registry.previous) == ("v2", "v1")
    registry.rollback("worse after all")
    other_reader = registry_of(tmp_path)
    assert (other_reader.current, other_reader.previous) == ("v1", None)
    assert (other_reader.path("v1") / "model.txt").read_text() == "v1"
    assert [(d["number"], d["time"], d["action"], d["from"], d["to"], d["reason"]) for d in other_reader.history()] == [
        (1, 100, "promote", None, "v1", "first"),
        (2, 101, "promote", "v1", "v2", "better"),
        (3, 102, "rollback", "v2", "v1", "worse after all"),
    ]
    lines = (tmp_path / "history.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == registry.history()


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (lambda r: r.promote("v9", ""), "no version 'v9'.*v1"),
        (lambda r: r.promote("v1", ""), "current one already"),
        (lambda r: r.rollback(""), "no previous version"),
        (lambda r: r.add("v1", writes("")), "never changes"),
        (lambda r: r.add("../v3", writes("")), "no name for a version"),
        (lambda r: r.add(".v3", writes("")), "no name for a version"),
        (lambda r: r.add("", writes("")), "no name for a version"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(tmp_path, act, rule):
    registry = registry_of(tmp_path, "v1")
    registry.promote("v1", "first")
    before = everything_below(tmp_path)
    with pytest.raises(ModelingError, match=rule):
        act(registry)
    assert everything_below(tmp_path) == before


def everything_below(root):
    return {str(path): path.read_bytes() if path.is_file() else None for path in root.rglob("*")}


def test_a_version_whose_writing_fails_never_appears_and_can_be_written_again(tmp_path):
    registry = registry_of(tmp_path)

    def fail(folder):
        writes("half")(folder)
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        registry.add("v1", fail)
    assert registry.versions() == []
    registry.add("v1", writes("whole"))
    assert [path.name for path in registry.path("v1").iterdir()] == ["model.txt"]


# Performs the three writing operations in copies of itself; the N-th copy dies, as if by kill -9, before its N-th
# event on files, as Python's audit hook reports them, or half-way through writing a text. The last one lives.
CRASHING = """
import itertools, os, pathlib, sys
from case_studies.kit import ModelRegistry
def writes(text):
    return lambda folder: (folder / "model.txt").write_text(text)
def die_at(n):
    countdown = itertools.count(n, -1)
    def event(name, arguments):
        if name.startswith(("open", "os.", "shutil.", "half")) and next(countdown) == 0:
            os._exit(9)
    def in_halves(self, text):
        with open(self, "w") as file:
            file.write(text[: len(text) // 2]); file.flush(); sys.audit("half"); file.write(text[len(text) // 2 :])
    pathlib.Path.write_text = in_halves
    sys.addaudithook(event)
for n in itertools.count():
    registry = ModelRegistry(f"{sys.argv[1]}/{n:03}", itertools.count(100).__next__)
    for version in ("v1", "v2"):
        registry.add(version, writes(version))
        registry.promote(version, "before")
    copy = os.fork()
    if copy == 0:
        die_at(n)
        registry.add("v3", writes("v3"))
        registry.promote("v3", "better")
        registry.rollback("worse")
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]) == 0:
        break
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the crashing copies are forks")
def test_a_crash_at_any_write_leaves_a_state_from_before_or_after_it(tmp_path):
    """Valid: (current, previous) is one of the three, what it names is complete, the log ends where the state is."""
    subprocess.run([sys.executable, "-c", CRASHING, str(tmp_path)], check=True)
    seen, roots = [], sorted(tmp_path.iterdir())
    for root in roots:
        after = registry_of(root)
        seen.append((after.current, after.previous))
        for name in after.versions():
            assert (after.path(name) / "model.txt").read_text() == name
        assert {after.current, after.previous} - {None} <= set(after.versions())
        history = after.history()
        assert [decision["number"] for decision in history] == list(range(1, len(history) + 1))
        assert history[-1]["to"] == after.current
        again = registry_of(root, "v3")  # and work goes on from there
        again.promote("v1" if again.current != "v1" else "v3", "after the crash")
        assert len(again.history()) == len(history) + 1
        assert [json.loads(line) for line in (root / "history.jsonl").read_text().splitlines()] == again.history()
    assert len(roots) > 15
    assert list(dict.fromkeys(seen)) == [("v2", "v1"), ("v3", "v2"), ("v2", None)]


def test_a_torn_last_line_of_the_log_is_written_again(tmp_path):
    registry = registry_of(tmp_path, "v1", "v2")
    registry.promote("v1", "first")
    log = tmp_path / "history.jsonl"
    os.truncate(log, log.stat().st_size - 5)
    registry.promote("v2", "second")
    assert [json.loads(line)["reason"] for line in log.read_text().splitlines()] == ["first", "second"]


def test_without_its_state_or_its_history_a_registry_says_what_follows_from_the_other(tmp_path):
    registry = registry_of(tmp_path, "v1", "v2")
    registry.promote("v1", "first")
    for act in (lambda: registry.promote("v2", "better"), lambda: registry.rollback("worse")):
        act()
        before = (registry.current, registry.previous, registry.history())
        (tmp_path / "state.json").unlink()
        assert (registry.current, registry.previous, registry.history()) == before
    registry.promote("v2", "again")
    (tmp_path / "history.jsonl").unlink()
    registry.promote("v1", "and again")
    assert [entry["number"] for entry in registry.history()] == [4, 5]


@pytest.mark.skipif(sys.platform == "win32", reason="without file locks nobody waits, see `ModelRegistry.alone`")
def test_promotions_at_the_same_time_are_filed_one_after_the_other(tmp_path):
    registry_of(tmp_path, *(f"v{n}" for n in range(40))).promote("v0", "first")

    def promote(names):
        registry = registry_of(tmp_path)
        for name in names:
            registry.promote(name, f"why {name}")

    threads = [threading.Thread(target=promote, args=([f"v{n}" for n in range(k, 40, 4)],)) for k in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = registry_of(tmp_path).history()
    assert [entry["number"] for entry in history] == list(range(1, 32))
    assert all(later["from"] == entry["to"] for entry, later in itertools.pairwise(history))
    assert all(entry["reason"] == f"why {entry['to']}" for entry in history[1:])


def test_looking_at_a_registry_that_is_not_there_makes_nothing(tmp_path):
    registry = registry_of(tmp_path / "nowhere")
    assert (registry.current, registry.versions(), registry.history()) == (None, [], [])
    assert not (tmp_path / "nowhere").exists()
