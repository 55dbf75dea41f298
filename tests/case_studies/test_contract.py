"""What every case study keeps to, tried on each: its files, its commands, its service, its notebook.

`tests/case_studies/NAME/hooks.py` says what is the case's own:
- `train(run)` fills a new run from a small stream, in seconds;
- `noise(run)` does so where what is to be learned is noise;
- `day(n)` gives day n after its release: bodies for /predict and /reports, and the offline features of those requests;
- `spoiled(release)` makes a bad release of a good one: it answers, and leaves something wrong in the service's memory;
- `ID` is the field that names a request;
- `SMALL`: parameters with which what depends on a decision runs in seconds, and `CHOICES`: for each decision cell
  another choice, and what the cell `consequences` shows with it and not without.
"""

import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import sqlite3
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from case_studies.kit import SKEW_TOLERANCE, DecisionStore, Run, feature_skew, key_header, replay
from case_studies.kit.cell_dependencies import dependents, flow_of
from case_studies.kit.decision_service import QUEUE_LIMIT
from mlsd_lib.modeling import ModelingError
from mlsd_lib.serving import open_loop
from mlsd_lib.simulation import SimulationError
from notebook_runner.errors import CourseError
from tests.case_studies.conftest import MODULES
from tests.case_studies.notebook_slice import needed_by
from tests.case_studies.services import asked, on_linux, with_key, without_room
from tests.lessons.lesson_cells import Lesson
from tests.lessons.lesson_cells import run as run_cell
from tests.waiting import PATIENCE_S

CASES = sorted(path.parent.name for path in (Path(__file__).parents[2] / "case_studies").glob("*/cli.py"))
VERBS = {"train", "retrain", "releases", "promote", "serve", "simulate", "report", "rollback"}
SENT_WITH_A_KILL = 200
"""So many requests in parts of twenty: five before the kill, and some under way."""
FIXED_SEED = re.compile(r"(seed\w*\s*=|default_rng\(|_trial\(|SeedSequence\()\s*\d")


@pytest.fixture(scope="module", params=CASES)
def case(request, case_study):
    return case_study(request.param)


@pytest.fixture
def run(case, tmp_path):
    return case.copied(tmp_path)


@pytest.fixture(scope="module")
def short(case, tmp_path_factory):
    """A service that tests share, its store, and `asked` with its key; it lets two wait, and keeps its release."""
    run = case.copied(tmp_path_factory.mktemp("short"))
    with case.served(run, "--queue", 2) as process, contextlib.closing(DecisionStore(run.store)) as store:
        yield process, store, partial(asked, **key_header(run))


@pytest.fixture
def ask(case, run):
    """Status and answer of a POST with the key to an app of this process, which no other test has asked."""
    client = with_key(case.module("service").app_of(run), run)

    def post(route, body):
        answer = client.post(route, json=body)
        return answer.status_code, answer.get_json()

    post.metrics = lambda: client.get("/metrics").get_data(as_text=True)
    return post


def test_a_case_has_the_files_of_every_case(case):
    found = {path.stem for path in case.notebook.parent.glob("*.py")}
    assert found >= {*MODULES, "__init__", "__main__"}  # and what it alone calls
    assert case.notebook.exists()


def test_the_command_line_has_the_verbs_with_help_and_an_example(case):
    """In this process: that `__main__` calls the function `main` of `cli` is shown by each service that is started."""
    app = case.module("cli").app
    named = {command.name or command.callback.__name__: command for command in app.registered_commands}
    assert named.keys() == VERBS
    for verb, command in named.items():
        assert command.epilog.startswith(f"Example: python -m case_studies.{case.name} {verb}")
        assert CliRunner().invoke(app, [verb, "--help"]).exit_code == 0
    shown = CliRunner().invoke(app, ["--help"])
    assert shown.exit_code == 0
    assert all(verb in shown.stdout for verb in VERBS)


def test_simulated_weeks_are_written_down(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(case.module("cli").app, ["simulate", "--weeks", "1", "--incident-week", "0"])
    assert done.exit_code == 0, done.output
    assert "saved_eur" in done.stdout
    assert len(list(tmp_path.glob("runs/*/weeks.csv"))) == 1


def test_a_trained_run_holds_its_whole_record(case):
    run = case.trained
    assert run.registry().current == "v1"
    assert case.module("models").Release.read(run.registry().path("v1"))
    assert "Rolling back" in run.decision
    drawn = json.loads((run.path / "metrics.json").read_text())["test_eur_a_day"]["over"]
    assert f"95 % interval over\n{drawn} " in run.decision
    assert json.loads((run.path / "data.json").read_text())
    assert (run.case, run.path) == (case.name, Run.of(f"case_studies.{case.name}", run.path, run.path, True).path)
    for other in {*CASES, "none"} - {case.name}:
        with pytest.raises(ModelingError, match=f"is a run of {case.name}, this is the command line of {other}"):
            Run.of(f"case_studies.{other}", run.path, run.path)


def test_the_cheapest_of_those_tied_is_taken_or_the_record_says_why_not(case):
    decision, measured = case.trained.decision, json.loads((case.trained.path / "metrics.json").read_text())
    tied = {row["candidate"] for row in measured["comparison"] if row["tied"]}
    chosen = re.search(r"^Chosen: (.+?)[,.]", decision, re.MULTILINE)[1]
    passed_over = re.search(r"^Tied and not taken: (.+?)\. [A-Z].+\.$", decision, re.MULTILINE)
    models = {row["candidate"] for row in measured["comparison"]} & set(
        getattr(case.module("models"), "MODELS", {chosen})
    )
    assert chosen in models
    assert set(passed_over[1].split(", ") if passed_over else []) == tied - models


def test_what_is_learned_from_noise_goes_out_for_a_reason_alone(case, tmp_path):
    run = Run.new(tmp_path)
    with pytest.raises(CourseError, match="Nothing was released"):
        case.hooks.noise(run)
    assert not [*run.path.rglob("*")]


def live(case, url, store, part):
    """Sends a day or a part of one; the service's answers, what it saw, and how far that is from the offline table."""
    requests, reports, offline = part
    columns = case.module("features").FEATURES
    before = len(store.decided(columns))
    answers = replay(url, requests, reports, headers=key_header(Run(store.path.parent)))
    seen = store.decided(columns).iloc[before:]
    return answers, seen, feature_skew(seen, offline)


def morning_and_rest(day):
    """The first tenth of a day and the rest, each as `live` sends it; the rest has requests enough for a monitor."""
    requests, reports, offline = day
    early = len(requests) // 10
    rows, moment = early * len(offline) // len(requests), requests[early]["time"]  # a row an object that is ranked
    soon = [report for report in reports if report["time"] < moment]
    later = [report for report in reports if report["time"] >= moment]
    return (requests[:early], soon, offline[:rows]), (requests[early:], later, offline[rows:])


def taken_back(case, run, *options):
    """What the command `rollback` says."""
    words = ["rollback", "--run", str(run.path), "--reason", "its features are wrong", *options]
    done = CliRunner().invoke(case.module("cli").app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_features_equal_the_batch_until_a_bad_release_and_after_a_rollback_with_its_state(case, run):
    """Three days of one service: good; bad, which is seen; half a rollback, and after a tenth of the day the whole."""
    store, registry = DecisionStore(run.store), run.registry()
    good = case.module("models").Release.read(registry.path("v1"))
    with case.served(run) as server:
        answers, seen, skew = live(case, server.url, store, case.hooks.day(0))
        assert len(answers) == len(case.hooks.day(0)[0])
        assert skew < SKEW_TOLERANCE
        assert seen[list(case.module("features").FEATURES)].nunique().max() > 10
        registry.add("v2", case.hooks.spoiled(good).save)
        registry.promote("v2", "a bad release")
        answers, seen, skew = live(case, server.url, store, case.hooks.day(1))
        assert set(answers["release"]) == {"v2"}
        assert skew > 1e3 * SKEW_TOLERANCE
        taken_back(case, run, "--no-restore-state")
        morning, rest = morning_and_rest(case.hooks.day(2))
        answers, _, skew = live(case, server.url, store, morning)
        assert set(answers["release"]) == {"v1"}
        assert skew > 1e3 * SKEW_TOLERANCE
        assert re.search(r"Current release: v1\. .* [1-9][\d,]*\.", taken_back(case, run))
        answers, seen, skew = live(case, server.url, store, rest)
    assert set(answers["release"]) == {"v1"}
    assert skew < SKEW_TOLERANCE
    assert [entry["action"] for entry in registry.history()] == ["promote", "promote", "rollback"]


def test_a_repeat_is_answered_alike_and_another_request_under_its_id_is_refused(case, ask):
    requests = case.hooks.day(0)[0]
    first, new = requests[0], {**requests[1], case.hooks.ID: 10**12}
    answered, changed = ask("/predict", first), 0
    assert answered[0] == 200
    for field in first.keys() - {case.hooks.ID}:
        for other in [request[field] for request in requests if request[field] != first[field]][:1]:
            status, answer = ask("/predict", {**first, field: other})
            assert (status, answer["error"]["field"]) == (409, case.hooks.ID)
            assert "id of its own" in answer["error"]["fix"]
            before = ask.metrics()
            assert ask("/predict", {"rows": [new, {**first, field: other}]})[0] == 409
            own = [line for line in ask.metrics().splitlines() if not line.startswith(("#", "request"))]
            assert own == [line for line in before.splitlines() if not line.startswith(("#", "request"))]
            changed += 1
    assert changed == len(first) - 1
    assert ask("/predict", first) == answered
    fresh = {
        **requests[2],
        case.hooks.ID: 10**12,
    }  # of the refused batches nothing was decided, not even their first rows
    assert ask("/predict", fresh)[0] == 200


def test_a_report_that_fits_no_request_is_refused_and_the_right_one_taken(case, ask):
    request = case.hooks.day(0)[0][0]
    ask("/predict", request)
    right = {name: request.get(name, value) for name, value in case.hooks.day(0)[1][0].items()}
    wrong = [({case.hooks.ID: 10**13}, 404, case.hooks.ID), ({"time": "2001-01-01T00:00:00"}, 422, "time")]
    shared = (right.keys() & request.keys()) - {case.hooks.ID, "time"}
    for name in shared:
        other = next(row[name] for row in case.hooks.day(0)[0] if row[name] != request[name])
        wrong.append(({name: other}, 422, name))
    for change, status, field in wrong:
        found, answer = ask("/reports", {**right, **change})
        assert (found, answer["error"]["field"]) == (status, field)
        assert answer["error"]["fix"]
    assert [ask("/reports", right)[0] for _ in range(2)] == [200, 200]


def test_health_and_metrics_tell_the_release_and_the_requests(case, short):
    server, _, asked = short
    asked(f"{server.url}/predict", case.hooks.day(0)[0][0])
    report = {page: asked(f"{server.url}/{page}")[1] for page in ("healthz", "readyz", "metrics")}
    itself = {"name": case.name, "version": "v1"}
    assert (json.loads(report["healthz"]), json.loads(report["readyz"])) == (itself, {**itself, "ready": True})
    assert 'requests_total{route="/predict",status="200"}' in report["metrics"]


def test_the_request_that_serve_prints_is_answered_and_help_names_each_endpoint(case, short):
    (line,) = [line for line in short[0].log().splitlines() if line.startswith("curl ")]
    pasted = [subprocess.run(line, shell=True, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert json.loads(pasted[0]).keys() > {case.hooks.ID, "score", "release"}
    assert pasted[0] == pasted[1]
    shown = CliRunner().invoke(case.module("cli").app, ["serve", "--help"]).stdout
    named = re.search(r"current release: (.*?)\. It", " ".join(shown.split()))[1].split(", ")
    refused = json.loads(asked(f"{short[0].url}/nowhere")[1])["error"]["fix"]
    assert sorted(named) == sorted(refused.removeprefix("The service answers ").removesuffix(".").split(", "))


def unknown(case, series, count):
    """Requests that no service has seen, under ids of a series of their own."""
    return [{**request, case.hooks.ID: series * 10**10 + at} for at, request in enumerate(case.hooks.day(0)[0][:count])]


def those_decided(case, store, requests):
    return [request for request in requests if store.answer(request[case.hooks.ID])]


@pytest.fixture
def held(short):
    """Keeps the store from deciding, as a rollback in another process does while it derives the memory again."""
    other = sqlite3.connect(short[1].path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with contextlib.closing(other), ThreadPoolExecutor(8) as pool:
        yield other, pool
        other.close()  # before the pool waits for its threads


def test_what_finds_the_queue_full_is_refused_at_once_and_leaves_nothing(case, short, held):
    """One is worked on and two wait, while nothing is decided; whatever comes then must not wait for them."""
    (server, store, asked), (other, pool), requests = short, held, unknown(case, 1, 8)
    sent = {pool.submit(asked, f"{server.url}/predict", request): request for request in requests}
    refused = list(itertools.islice(as_completed(sent, PATIENCE_S), 5))
    for status, text, headers in (future.result() for future in refused):
        assert (status, headers["Retry-After"]) == (503, "1")
        assert "2 requests wait already" in json.loads(text)["error"]["rule"]
    assert asked(f"{server.url}/healthz")[0] == 200
    status, text, _ = asked(f"{server.url}/metrics")
    assert (status, "requests_waiting 2.0" in text) == (200, True)
    other.close()
    assert [future.result(PATIENCE_S)[0] for future in sent.keys() - refused] == [200] * 3
    left = [request for future, request in sent.items() if future not in refused]
    assert those_decided(case, store, requests) == left
    assert [asked(f"{server.url}/predict", request)[0] for request in requests] == [200] * 8


def test_what_cannot_begin_before_its_deadline_is_refused_and_never_decided(case, short, held):
    """Whichever of the three comes first, one of those in a hurry waits behind it."""
    (server, store, asked), (other, pool), requests = short, held, unknown(case, 2, 3)
    url, hurry = f"{server.url}/predict", {"X-Deadline-Ms": "50"}
    patient = pool.submit(asked, url, requests[0])
    hurried = {pool.submit(asked, url, request, **hurry): request for request in requests[1:]}
    status, text, headers = next(as_completed(hurried, PATIENCE_S)).result()
    assert (status, headers["Retry-After"]) == (503, "1")
    assert json.loads(text)["error"]["rule"] == "Its turn did not come within 0.05 s."
    other.close()
    assert patient.result(PATIENCE_S)[0] == 200
    in_time = [request for future, request in hurried.items() if future.result(PATIENCE_S)[0] == 200]
    assert those_decided(case, store, requests) == [requests[0], *in_time]


def test_a_deadline_that_is_none_is_refused_by_name(case, short):
    request = unknown(case, 3, 1)[0]
    server, store, asked = short
    status, text, _ = asked(f"{server.url}/predict", request, **{"X-Deadline-Ms": "soon"})
    assert (status, json.loads(text)["error"]["field"]) == (400, "X-Deadline-Ms")
    assert those_decided(case, store, [request]) == []


def test_a_decision_is_kept_with_the_trace_that_its_request_named(case, short):
    (server, store, asked), requests, trace = short, unknown(case, 5, 3), "4bf92f3577b34da6a3ce929d0e0e4736"
    for request, header in zip(requests, (f"00-{trace}-00f067aa0ba902b7-01", "00-not-valid-01", None), strict=True):
        headers = {} if header is None else {"traceparent": header}
        assert asked(f"{server.url}/predict", request, **headers)[0] == 200
    assert [store.trace(request[case.hooks.ID]) for request in requests] == [trace, None, None]


@on_linux
def test_without_room_it_is_alive_and_not_ready_and_with_room_it_goes_on_by_itself(case, short):
    (server, store, asked), (known, *new) = short, unknown(case, 4, 6)
    report = {
        **case.hooks.day(0)[1][0],
        **{name: known[name] for name in known.keys() & case.hooks.day(0)[1][0].keys()},
    }
    sent = [(f"{server.url}/predict", request) for request in new] + [(f"{server.url}/reports", report)]
    first = asked(f"{server.url}/predict", known)
    assert first[0] == 200
    with without_room(server):
        for url, body in sent:
            status, text, headers = asked(url, body)
            assert (status, headers["Retry-After"]) == (503, "1"), text
            assert "The store cannot be written" in json.loads(text)["error"]["rule"]
        status, text, _ = asked(f"{server.url}/readyz")
        assert (status, json.loads(text)["ready"]) == (503, False)
        assert "The store cannot be written" in json.loads(text)["lacks"]
        assert [asked(f"{server.url}/{page}")[0] for page in ("healthz", "metrics")] == [200, 200]
        assert asked(f"{server.url}/predict", known)[:2] == first[:2]  # what was decided is still known
        assert those_decided(case, store, new) == []
    assert asked(f"{server.url}/readyz")[0] == 200
    assert [asked(url, body)[0] for url, body in sent] == [200] * 6
    assert those_decided(case, store, new) == new


def test_a_kill_loses_nothing_that_was_answered_and_counts_nothing_twice(case, run):
    """The service dies while a client sends some of a day in small parts; the client then sends all of it again, and
    an open loop after it."""
    requests, reports, offline = case.hooks.day(0)
    requests = requests[:SENT_WITH_A_KILL]
    reports = [report for report in reports if report["time"] <= requests[-1]["time"]]
    parts = [requests[start : start + 20] for start in range(0, len(requests), 20)]
    known, under_way, key = [], threading.Event(), key_header(run)

    def send(url, some):
        for part in some:
            arrived = [report for report in reports if part[0]["time"] <= report["time"] <= part[-1]["time"]]
            known.extend(replay(url, part, arrived, headers=key).to_dict("records"))
            under_way.set()

    def send_until_it_dies(url, some):
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException, SimulationError):
            send(url, some)
        under_way.set()

    with case.served(run) as server:
        send(server.url, parts[: len(parts) // 2])
        under_way.clear()
        sender = threading.Thread(target=send_until_it_dies, args=(server.url, parts[len(parts) // 2 :]))
        sender.start()
        under_way.wait()
        os.kill(server.pid, signal.SIGKILL)  # while the sender goes on
        sender.join()
    assert len(known) >= len(requests) // 2 - 20
    with case.served(run) as server:
        again = replay(server.url, requests, reports, headers=key).to_dict("records")
        seen = DecisionStore(run.store).decided(case.module("features").FEATURES)
        load = open_loop(f"{server.url}/predict", case.hooks.day(3)[0], 30, 2, np.random.default_rng(0), headers=key)
    assert 30 < len(load) <= QUEUE_LIMIT  # so that a machine that is busy refuses none
    assert load.error_share() == 0
    assert again[: len(known)] == known
    assert seen[case.hooks.ID].nunique() == len(requests)
    assert feature_skew(seen, offline[: len(seen)]) < SKEW_TOLERANCE


@pytest.fixture
def notebook(case, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("MLSD_RUN", "headless")
    return Lesson(case.notebook)


def test_every_seed_of_the_notebook_follows_from_its_parameter(case):
    """And of a second notebook, where the case has one."""
    for path in case.notebook.parent.glob("*.ipynb"):
        seeded = [cell.id for cell in Lesson(path).cells if cell.is_code and FIXED_SEED.search(cell.source)]
        assert seeded == ["parameters"], path.name


def test_other_choices_show_in_the_consequences_and_taken_back_leave_nothing(case, notebook):
    """What depends on the decisions, and what it needs, of a small stream: as it stands, with every other choice, and
    as it stands again. The notebook's own run shows the cells that no decision reaches."""
    choices = {cell: code for cell, (code, _) in case.hooks.CHOICES.items()}
    assert {cell.id for cell in notebook.cells if "decision" in cell.tags} == set(choices) != set()
    cells = {
        cell.id: cell.source + case.hooks.SMALL * ("parameters" in cell.tags) for cell in notebook.cells if cell.is_code
    }
    decided, imported = (flow_of("\n".join(some)).writes for some in (choices.values(), [next(iter(cells.values()))]))
    reached = {name: cells[name] for name in dependents(cells, decided, imported) if name not in choices}
    scope = {"__name__": "__main__"}
    for name in needed_by({*reached, *choices}, cells):
        if name not in reached:
            run_cell(cells[name], scope, name)

    def consequences(decisions):
        scope["rng"] = np.random.default_rng(0)  # what is drawn is drawn again
        shown = {name: run_cell(source, scope, name) for name, source in {**decisions, **reached}.items()}
        return shown["consequences"].to_string()

    as_it_is = {name: cells[name] for name in choices}
    before, chosen, undone = (consequences(decisions) for decisions in (as_it_is, choices, as_it_is))
    for _, told in case.hooks.CHOICES.values():
        assert (told in chosen, told in undone) == (True, False), told
    assert undone == before
