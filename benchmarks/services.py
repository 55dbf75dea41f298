"""One request through each case study's service against the bare call of its model, on a small trained run of each.

    python benchmarks/services.py                   300 requests to each service
    python benchmarks/services.py --n 50 fraud      fewer, and of one case only

The ratio is the time of one POST to /predict, sent on a kept connection and answered when it is durable, by the time
that the model takes for that request's features in a process of ours: what validation, features, memory and HTTP cost
on top of the model. Less is better; there is no bar. Both are called in turn, and the ratio is the median over pairs.
"""

import argparse
import http.client
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from case_studies.kit import Run, key_header
from mlsd_lib.lesson import paired_ratio
from mlsd_lib.serving import ServerProcess

ROOT = Path(__file__).parents[1]
CASES = sorted(path.parent.name for path in (ROOT / "case_studies").glob("*/cli.py"))
WARM_UP = 20


def measured(name: str, n: int) -> dict[str, Any]:
    """Milliseconds of a request and of a model call of the case `name`, and their ratio, over `n` pairs."""
    hooks = importlib.import_module(f"tests.case_studies.{name}.hooks")
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        run = Run.new(Path(folder))
        hooks.train(run)
        models = importlib.import_module(f"case_studies.{name}.models")
        release = models.Release.read(run.registry().path("v1"))
        requests, _, offline = hooks.day(0)
        each = len(offline) // len(requests)  # rows of features a request: its candidates, where there are several
        known = [(offline.iloc[at * each : (at + 1) * each], request) for at, request in enumerate(requests)]
        command = [sys.executable, "-m", f"case_studies.{name}", "serve", "--run", str(run.path), "--port", "{port}"]
        with ServerProcess(command) as server:
            through = in_turn(requests, asked(server.port, key_header(run)))
            bare = in_turn(known, lambda pair: hooks.model_call(release, *pair))
            for _ in range(WARM_UP):
                through(), bare()
            pairs = min(n, len(requests) - WARM_UP - 1)
            found = paired_ratio(through, bare, pairs)
    ours, theirs = 1e3 * found.numerator_s, 1e3 * found.denominator_s
    return {"n": pairs, "ours": round(ours, 3), "theirs": round(theirs, 3), "ratio": round(found.median, 2)}


def asked(port: int, key: Mapping[str, str]) -> Callable[[dict[str, Any]], None]:
    """Sends a body with the key to /predict of the service on `port`; ends the benchmark where that is refused."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(body: dict[str, Any]) -> None:
        connection.request("POST", "/predict", json.dumps(body), {"Content-Type": "application/json", **key})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"/predict answered {answer.status}: {text[:300]!r}")

    return ask


def in_turn(things: list[Any], call: Callable[[Any], object]) -> Callable[[], None]:
    """A function that calls `call` with the next of `things`, in a circle."""
    at = -1

    def following() -> None:
        nonlocal at
        at += 1
        call(things[at % len(things)])

    return following


def main() -> None:
    """Runs the benchmark; the last line is JSON with --json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=CASES, help=f"of {', '.join(CASES)}; all if none is named")
    parser.add_argument("--n", type=int, default=300, help="requests to each service")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    unknown = set(options.cases) - set(CASES)
    if unknown:
        parser.error(f"{', '.join(sorted(unknown))}: no case study; known are {', '.join(CASES)}")
    os.environ["PYTHONPATH"] = str(ROOT)  # for the services, which are processes of their own
    found = {}
    for name in options.cases:
        found[name] = figures = measured(name, options.n)
        line = f"request {figures['ours']} ms, model {figures['theirs']} ms, ratio {figures['ratio']}"
        print(f"{name}: {line} ({figures['n']} pairs)", file=sys.stderr if options.json else sys.stdout, flush=True)
    if options.json:
        worst = max(found.values(), key=lambda figures: figures["ratio"])
        print(json.dumps({"name": "services", **worst, "cases": found}))


if __name__ == "__main__":
    main()
