"""The router before two live versions: shares, a shadow, a dead candidate, a route that is broken."""

import json
import os
import sys
import urllib.error
import urllib.request
from collections import Counter

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lessons.deployment.router import Route, Router
from mlsd_lib.serving import ServerProcess, ServingError
from tests.waiting import until


def version(name, fault="none", amount=0.0):
    words = ["-m", "mlsd_lib.serving.faulty_service", "{port}", "--version", name, "--fault", fault]
    return ServerProcess([sys.executable, *words, "--amount", str(amount)])


def route_of(*words, **named):
    """A route by which a slow answer is a good one: a busy machine is no fault of a version."""
    return Route(*words, **{"slow_ms": 60_000, **named})


@pytest.fixture(scope="module")
def versions():
    with version("v1") as one, version("v2") as two, version("v3", "renamed") as three:
        yield {"v1": one.url, "v2": two.url, "v3": three.url, "dead": "http://127.0.0.1:9"}


@pytest.fixture
def routed(versions, tmp_path):
    """A router on the stable version alone, and the file of its route."""
    path = tmp_path / "route.json"
    route_of(versions, "v1").write(path)
    with ServerProcess([sys.executable, "-m", "lessons.deployment.router", "{port}", "--route", str(path)]) as router:
        yield router, path


def ask(router, number):
    body = json.dumps({"number": number}).encode()
    request = urllib.request.Request(f"{router.url}/predict", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.loads(response.read())


def counted(router):
    with urllib.request.urlopen(f"{router.url}/metrics", timeout=60) as response:
        families = text_string_to_metric_families(response.read().decode())
        samples = [sample for family in families for sample in family.samples if sample.name == "routed_requests_total"]
    return Counter(
        {tuple(sample.labels[k] for k in ("version", "role", "outcome")): int(sample.value) for sample in samples}
    )


def test_a_share_goes_to_the_candidate_the_same_requests_each_time(routed, versions):
    router, path = routed
    route_of(versions, "v1", "v2", share=0.3).write(path)
    first = [ask(router, i) for i in range(200)]
    counts = counted(router)
    assert 35 <= counts["v2", "candidate", "good"] <= 85
    assert counts["v1", "stable", "good"] + counts["v2", "candidate", "good"] == 200
    assert [ask(router, i) for i in range(200)] == first
    route_of(versions, "v2").write(path)
    for i, answer in enumerate(first[:50]):
        assert ask(router, i)["number"] == answer["number"]
    assert counted(router)["v2", "stable", "good"] == 50


def test_a_shadow_gets_a_copy_of_all_and_its_answers_reach_nobody(routed, versions):
    router, path = routed
    alone = [ask(router, i) for i in range(30)]
    route_of(versions, "v1", "v3", shadow=True).write(path)
    assert [ask(router, i) for i in range(30)] == alone
    until(lambda: counted(router).total() >= 90, "an answer to each copy")  # some may still be on their way
    assert counted(router) == {("v1", "stable", "good"): 60, ("v3", "shadow", "bad"): 30}


def test_a_dead_candidate_loses_no_request(routed, versions):
    router, path = routed
    route_of(versions, "v1", "dead", share=0.5).write(path)
    assert [ask(router, i)["number"] for i in range(60)] == list(range(60))
    counts = counted(router)
    assert counts["dead", "candidate", "bad"] == counts["v1", "rescue", "good"] > 10


def test_a_request_that_may_run_once_is_not_repeated_once_the_candidate_may_have_it(routed, versions):
    router, path = routed
    with version("v4", "errors", 1.0) as failing:
        named = {**versions, "v4": failing.url}
        route_of(named, "v1", "v4", share=1.0).write(path)
        with pytest.raises(urllib.error.HTTPError) as failed:
            ask(router, 7)
        assert failed.value.code == 500
        assert counted(router) == {("v4", "candidate", "bad"): 1}
        route_of(named, "v1", "v4", share=1.0, repeatable=True).write(path)
        assert ask(router, 7)["number"] == 7
        assert counted(router)["v1", "rescue", "good"] == 1


def test_a_slow_candidate_does_not_keep_the_caller_waiting_where_stable_may_be_asked(routed, versions):
    router, path = routed
    with version("v5", "slow", 3.0) as slow:  # within the router's own patience, so that its answer would be taken
        route_of({**versions, "v5": slow.url}, "v1", "v5", share=1.0, slow_ms=100, repeatable=True).write(path)
        assert ask(router, 7)["number"] == 7
    counts = counted(router)
    assert counts["v5", "candidate", "bad"] == sum(counts["v1", "rescue", how] for how in ("good", "bad")) == 1


def test_refusals_of_the_service_pass_through_and_no_version_at_all_is_a_503(routed, versions):
    router, path = routed
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(router, "seven")
    assert refused.value.code == 422
    assert json.loads(refused.value.read())["error"]["field"] == "number"
    route_of(versions, "dead").write(path)
    with pytest.raises(urllib.error.HTTPError) as lost:
        ask(router, 7)
    assert lost.value.code == 503


def test_a_broken_route_leaves_the_former_one(routed, versions):
    router, path = routed
    path.write_text('{"stable": "v1", "versions"')
    assert ask(router, 1)["number"] == 1
    path.unlink()
    assert ask(router, 2)["number"] == 2
    assert "The former route stays" in router.log()


def test_a_route_written_in_the_same_tick_as_the_former_is_read(tmp_path):
    path = tmp_path / "route.json"
    Route({"v1": "a", "v2": "b"}, "v1").write(path)
    router, written = Router(path), path.stat()
    assert router.current().stable == "v1"
    Route({"v1": "a", "v2": "b"}, "v2").write(path)
    os.utime(path, ns=(written.st_atime_ns, written.st_mtime_ns))
    assert router.current().stable == "v2"


@pytest.mark.parametrize(
    ("words", "named"), [({"stable": "v9"}, "'v9'"), ({"stable": "v1", "share": 50}, "share is 50")]
)
def test_a_route_that_is_none_is_refused(words, named):
    with pytest.raises(ServingError, match=named):
        Route({"v1": "http://127.0.0.1:1"}, **words)
