"""A case's service behind the router of the lesson on deployment, and one that cannot start."""

import contextlib
import json
import resource
import subprocess
import sys
from functools import partial

import pytest

from case_studies.kit import DecisionStore, key_header
from lessons.deployment.router import Route
from mlsd_lib.serving import ServerProcess
from tests.case_studies.services import asked, on_linux, without_room
from tests.waiting import PATIENCE_S

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def case(case_study):
    return case_study("fraud")


@pytest.fixture
def routed(case, tmp_path):
    """The address of a router's /predict, the service behind it, the service's store, and `asked` with its key."""
    run, path = case.copied(tmp_path), tmp_path / "route.json"
    with case.served(run) as service, contextlib.closing(DecisionStore(run.store)) as store:
        Route({"v1": service.url}, "v1", slow_ms=60_000).write(path)
        words = [sys.executable, "-m", "lessons.deployment.router", "{port}", "--route", str(path)]
        with ServerProcess(words) as router:
            yield f"{router.url}/predict", service, store, partial(asked, **key_header(run))


@on_linux
def test_trace_and_deadline_reach_the_service_and_retry_after_the_client(case, routed):
    (url, service, store, asked), request = routed, case.hooks.day(0)[0][0]
    trace = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "tracestate": "shop=1"}
    status, text, _ = asked(url, request, **{"X-Deadline-Ms": "soon"})
    assert (status, json.loads(text)["error"]["field"]) == (400, "X-Deadline-Ms")
    with without_room(service):
        status, _, headers = asked(url, request, **trace)
        assert (status, headers["Retry-After"], headers["Content-Type"]) == (503, "1", "application/json")
    assert store.trace(request[case.hooks.ID]) is None
    assert asked(url, request, **trace)[0] == 200
    assert store.trace(request[case.hooks.ID]) == TRACE


@on_linux
def test_a_service_that_starts_without_room_says_so_in_one_line(case, tmp_path):
    """By a process whose files cannot grow from its beginning on."""
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
