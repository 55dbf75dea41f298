"""A release between live servers under load, its controller killed again and again: nothing lost, and it ends."""

import json
import random
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from mlsd_lib.operations.rollout_machine import Rollout
from mlsd_lib.serving import ServerProcess, open_loop
from mlsd_lib.serving.router import Route

PLAN = {"shares": [0.1, 0.5], "hold_s": 1.0, "min_requests": 40, "shadow_requests": 60, "tolerated": 0.1}


def version(name, *fault):
    return ServerProcess([sys.executable, "-m", "mlsd_lib.serving.one_version", "{port}", "--version", name, *fault])


@pytest.mark.parametrize(
    ("fault", "ends", "kills"),
    [((), "released", 8), (("--fault", "crash", "--amount", "90"), "rolled back", 0)],
    ids=["a good version, its controller killed", "a version that dies as a canary"],
)
def test_it_ends_where_it_should_and_no_request_is_lost(tmp_path, fault, ends, kills):
    with version("v1") as one, version("v2", *fault) as two:
        Route({"v1": one.url, "v2": two.url}, "v1").write(tmp_path / "route.json")
        Rollout("v1").write(tmp_path / "rollout.json")
        (tmp_path / "plan.json").write_text(json.dumps(PLAN))
        router_command = [sys.executable, "-m", "mlsd_lib.serving.router", "{port}", "--route"]
        with ServerProcess([*router_command, str(tmp_path / "route.json")]) as router:
            results, ended = [], threading.Event()

            def load():
                while not ended.is_set():
                    bodies = [{"number": i} for i in range(1000)]
                    rng = np.random.default_rng(len(results))
                    results.append(open_loop(f"{router.url}/predict", bodies, 100, 2.0, rng))

            loader = threading.Thread(target=load)
            loader.start()
            try:
                last = controlled(tmp_path, router.url, kills)
            finally:
                ended.set()
                loader.join()
    assert last.stage == ends
    assert Route.read(tmp_path / "route.json").share == 0
    assert Route.read(tmp_path / "route.json").stable == ("v2" if ends == "released" else "v1")
    assert sum(len(one) for one in results) > 100
    assert max(one.error_share() for one in results) == 0


def controlled(folder, router, kills):
    """The last state, after so many controllers were killed at any moment and one was left to end."""
    drawn = random.Random(1)
    command = [sys.executable, "-m", "mlsd_lib.operations.controller", str(folder), "--router", router]
    command += ["--deploy", "v2", "--every", "0.02"]
    for _ in range(kills):
        process = subprocess.Popen(command)
        time.sleep(drawn.uniform(0.1, 1.2))  # the moment of the kill is what varies, nothing is expected of it
        process.kill()
        process.wait()
        Rollout.read(folder / "rollout.json")
    done = subprocess.run(command, timeout=120, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Rollout.read(folder / "rollout.json")
