"""What an operator types, in a folder of his own: the days of a case, and what is mistyped or broken."""

import http.client
import itertools
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from case_studies.kit import Run, key_header
from mlsd_lib.serving import ServerProcess, post
from tests.case_studies.services import asked, on_linux, without_room
from tests.case_studies.test_contract import CASES, VERBS
from tests.waiting import PATIENCE_S

CHEAPEST = "moderation"
GARBLED = bytes(range(128, 256)) * 30 + b"\n"
UNLIKE = b'{"current": [1], "previous": 5, "decision": null, "number": "1", "sha256": null}\n'
DOCUMENTS = {
    "run.json": "serve", "decision.md": "serve", "store.db": "serve", "releases/state.json": "serve",
    "releases/history.jsonl": "releases", "releases/versions/v1/release.json": "rollback",
    "releases/versions/v2/metrics.json": "report", "releases/versions/v2/data.json": "report", "days.json": "report",
}  # fmt: skip
"""What a run holds, and a verb that reads it."""
NEEDED = {"promote": ["v1", "--reason", "r"], "rollback": ["--reason", "r"]}
WALK = """
import importlib, io, json, sys, traceback
from contextlib import redirect_stderr, redirect_stdout
main = importlib.import_module(f"case_studies.{sys.argv[1]}.cli").main
for words in json.load(sys.stdin):
    sys.argv[1:], said = words, io.StringIO()
    with redirect_stderr(said), redirect_stdout(said):
        try:
            main()
        except SystemExit as end:
            code = end.code
        except BaseException:
            code = traceback.format_exc()
    print(json.dumps([words, code, said.getvalue()]))
"""


def refused(case, folder, mistakes):
    """Types each command in `folder`, one process for all: each must fail in one line that has its word in it."""
    done = subprocess.run(
        [sys.executable, "-c", WALK, case],
        input=json.dumps([words for words, _ in mistakes]),
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    for (_, named), line in zip(mistakes, done.stdout.splitlines(), strict=True):
        words, code, said = json.loads(line)
        assert code == 2, (words, code, said)
        assert (said.count("\n"), named in said) == (1, True), (words, said)


@pytest.mark.parametrize("name", CASES)
def test_what_is_mistyped_or_in_no_run_is_one_line_with_its_fix_and_makes_nothing(name, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    mistakes = []
    for verb in sorted(VERBS):
        words = [verb, *NEEDED.get(verb, [])]
        mistakes += [([f"{verb}x"], f"'{verb}x'"), ([*words, "--colour", "red"], "--colour")]
        mistakes += [([*words, "--out", "file"], "file")]
        if verb not in ("train", "simulate"):
            mistakes += [
                ([*words, "--run", "TYPO"], "TYPO is no folder"),
                ([*words, "--out", "empty"], "no complete run"),
            ]
            mistakes += [([*words, "--run", "empty"], "empty/decision.md")]
    mistakes += [(["serve", "--port", "0"], "'0'"), (["train", "--seed", "one"], "'one'")]
    mistakes += [(["train", "--seed", "-1"], "'-1'"), (["simulate", "--seed", "-1"], "'-1'")]
    mistakes += [(["promote"], "release"), (["simulate", "--incident-week", "9"], "with --weeks 8")]
    refused(name, tmp_path, mistakes)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["empty", "file"]


def test_a_run_that_was_garbled_or_is_of_another_version_is_refused_and_left_as_it_is(case_study, tmp_path):
    case, mistakes, number = case_study(CHEAPEST).copied(tmp_path), [], itertools.count()
    run, registry = case.path, case.registry()
    registry.add("v2", lambda folder: shutil.copytree(registry.path("v1"), folder, dirs_exist_ok=True))
    registry.promote("v2", "better")

    def spoilt(document, content, verb):
        path = tmp_path / f"runs{next(number)}" / "run"
        shutil.copytree(run, path)
        (path / document).write_bytes(content)
        return [verb, *NEEDED.get(verb, []), "--run", str(path)]

    for document, verb in DOCUMENTS.items():
        contents = (GARBLED, b"[1, 2]\n", b"\n", b"[" * 10**5 + b"\n")
        mistakes += [(spoilt(document, content, verb), document) for content in contents]
        if document.startswith("releases/") and verb != "report":
            mistakes += [(spoilt(document, content, verb), document) for content in (b"{}\n", UNLIKE)]
    mistakes += [(spoilt("store.db", b"", verb), "store.db is missing, empty") for verb in ("serve", *NEEDED, "report")]
    history = (run / "releases/history.jsonl").read_bytes()
    mistakes.append((spoilt("releases/history.jsonl", history[:40], "rollback"), "history.jsonl ends with decision 0"))
    other = json.dumps({**json.loads((run / "run.json").read_text()), "code_sha256": "0" * 64}).encode()
    mistakes.append((spoilt("run.json", other, "serve"), "trained by the code 000000000000"))
    for odd in ({"nowhere": 1}, {"seed": "one"}):
        of_other = json.dumps({**json.loads((run / "run.json").read_text()), "options": odd}).encode()
        mistakes.append((spoilt("releases/versions/v2/run.json", of_other, "retrain"), "which train does not take"))
    steers = json.dumps({**json.loads(other), "case": "\x1b[2J"}).encode()
    mistakes.append((spoilt("run.json", steers, "serve"), r"is a run of \x1b[2J"))
    cut = b"# Decision: release v1\n"
    mistakes.append((spoilt("releases/versions/v1/decision.md", cut, "releases"), "v1/decision.md holds no decision"))
    old = json.dumps({"comparison": [{"model": "a", "mean": 1}], "test_eur_a_day": {"mean": 1.0}}).encode()
    mistakes.append((spoilt("releases/versions/v2/metrics.json", old, "report"), "v2/metrics.json is not as it was"))
    piped = spoilt("metrics.json", b"", "releases")
    (Path(piped[-1]) / "metrics.json").unlink()
    os.mkfifo(Path(piped[-1]) / "metrics.json")
    mistakes.append((piped, "metrics.json is a pipe or a device"))
    mistakes.append((["promote", "v9", "--reason", "r", "--run", str(run)], "'v9'"))
    mistakes.append((["report", "--run", str(run), "--monitor", "TYPO"], "TYPO"))
    mistakes.append((["report", "--run", str(run), "--page", str(run / "run.json")], "run.json is no report of a run"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        mistakes.append((["serve", "--run", str(run), "--port", str(port)], f"Port {port}"))
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        refused(CHEAPEST, tmp_path, mistakes)
    after = {path: path.read_bytes() for path in before}
    assert [str(path) for path in before if after[path] != before[path]] == []


@on_linux
def test_an_operator_lives_through_a_kill_a_full_disk_and_an_incident(case_study, tmp_path):
    case = case_study(CHEAPEST)

    def typed(*words):
        return subprocess.run(case.command(*words), cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    def served():
        return ServerProcess(case.command("serve", "--port", "{port}"), cwd=tmp_path)

    typed("train", "--days", 45, "--authors", 50, "--test-days", 1)
    with served() as server:
        example, url, key = paste(server)[1], f"{server.url}/predict", key_header(Run.latest(tmp_path / "runs"))
        requests = [{**example, case.hooks.ID: number} for number in range(10**9, 10**9 + 400)]
        answers, under_way = [], threading.Event()

        def send():
            try:
                for request in requests:
                    answers.append(post(url, request, headers=key))
                    if len(answers) == 20:
                        under_way.set()
            except (OSError, http.client.HTTPException, ValueError):
                under_way.set()

        load = threading.Thread(target=send)
        load.start()
        under_way.wait()
        os.kill(server.pid, signal.SIGKILL)
        load.join()
    assert 20 <= len(answers) < len(requests)
    with served() as server:
        url = f"{server.url}/predict"
        assert [post(url, request, headers=key) for request in requests[: len(answers)]] == answers
        with without_room(server):
            assert post(url, requests[-1], headers=key)[0] == 503
        assert post(url, requests[-1], headers=key)[0] == 200
        typed("retrain", "--reviews-per-hour", 4)
        typed("promote", "v2", "--reason", "more reviewers, no more money", "--insist")
        assert post(url, requests[-2], headers=key)[1]["release"] == "v2"
        assert "Current release: v1." in typed("rollback", "--reason", "it finds less")
        assert post(url, requests[-3], headers=key)[1]["release"] == "v1"
        report = typed("report")
        assert json.loads(asked(f"{server.url}/readyz")[1])["ready"] is True
    assert "3. rollback to v1: it finds less" in report
    assert server.exit_code == 0  # SIGTERM ends it


def paste(server):
    """The answer to the line that a service printed, and what it sends."""
    (line,) = [line for line in server.log().splitlines() if line.startswith("curl ")]
    answer = subprocess.run(line, shell=True, capture_output=True, text=True, check=True).stdout
    return json.loads(answer), json.loads(line.partition("-d '")[2].removesuffix("'"))


@on_linux
def test_a_service_that_starts_without_room_says_so_in_one_line(case_study, tmp_path):
    """By a process whose files cannot grow from its beginning on."""
    case = case_study("fraud")
    run, limit = case.copied(tmp_path), (0, resource.RLIM_INFINITY)
    result = subprocess.run(
        case.command("serve", "--run", run.path),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert result.returncode == 2
    assert "cannot be opened for writing" in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
