"""What carries a rollout out: it reads the router's counts, asks the machine, writes the state, then the route.

    python -m lessons.deployment.controller FOLDER --router http://127.0.0.1:8000

FOLDER holds `rollout.json` (the state), `route.json` (what the router reads) and `plan.json`. The state is written
before the route, and the route follows from the state alone: killed at any point, it goes on where it was.
"""

import argparse
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from lessons.deployment.rollout import Arm
from lessons.deployment.rollout_machine import Counts, Plan, Rollout
from lessons.deployment.router import Route
from mlsd_lib.operations.errors import OperationsError
from mlsd_lib.serving.errors import ServingError

STATE, ROUTE, PLAN = "rollout.json", "route.json", "plan.json"


def counts_of(router: str, versions: Iterable[str], timeout_s: float = 1.0) -> Counts | None:
    """What the router at this address has counted for (stable, candidate); None where it does not answer."""
    stable, candidate = versions
    try:
        with urllib.request.urlopen(f"{router}/metrics", timeout=timeout_s) as response:
            families = list(text_string_to_metric_families(response.read().decode()))
    except (urllib.error.URLError, TimeoutError, OSError, ValueError):
        return None
    counted = {
        (sample.labels["version"], sample.labels["role"], sample.labels["outcome"]): int(sample.value)
        for family in families
        for sample in family.samples
        if sample.name == "routed_requests_total"
    }

    def arm(version: str, role: str) -> Arm:
        good, bad = (counted.get((version, role, outcome), 0) for outcome in ("good", "bad"))
        return Arm(good + bad, bad)

    return Counts(arm(stable, "stable"), arm(candidate, "candidate"), arm(candidate, "shadow"))


class Controller:
    """One rollout over one router. Times are wall seconds since the epoch, which survive a restart."""

    def __init__(self, folder: Path, router: str):
        self.folder, self.router = folder, router
        self.plan = Plan.read(folder / PLAN)
        self.state = Rollout.read(folder / STATE)
        self.apply()

    def deploy(self, version: str) -> None:
        """Hands in a version whose address the route knows."""
        counts = counts_of(self.router, (self.state.stable, version)) or Counts()
        self.become(self.state.deploy(version, time.time(), counts))

    def look(self) -> Rollout:
        """One look at the counts, and what follows from it."""
        if self.state.candidate is not None:
            counts = counts_of(self.router, (self.state.stable, self.state.candidate))
            self.become(self.state.next(time.time(), counts, self.plan))
        return self.state

    def become(self, state: Rollout) -> None:
        """Writes the state, then the route that follows from it."""
        if state != self.state:
            state.write(self.folder / STATE)
            self.state = state
            self.apply()

    def apply(self) -> None:
        """Writes the route that the state asks for, where it is another."""
        route = Route.read(self.folder / ROUTE)
        share, shadow = self.state.traffic(self.plan)
        wanted = replace(
            route, stable=self.state.stable, candidate=self.state.candidate, share=share, shadow=shadow
        )  # fmt: skip
        if wanted != route:
            wanted.write(self.folder / ROUTE)


def main() -> None:
    """Looks every `--every` seconds until the release has ended, one line a change."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--router", required=True, help="the router's address")
    parser.add_argument("--deploy", metavar="VERSION", help="hand this version in first")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two looks")
    given = parser.parse_args()
    try:
        controller = Controller(given.folder, given.router)
        if given.deploy and controller.state.candidate != given.deploy:  # started again: it is being let in already
            controller.deploy(given.deploy)
    except (OperationsError, ServingError, OSError) as error:
        parser.error(str(error))
    said = None
    while True:
        state = controller.look()
        if (state.stage, state.step) != said:
            said = state.stage, state.step
            share, _ = state.traffic(controller.plan)
            print(f"{state.stage:12} candidate {share:4.0%}  {state.reason}", flush=True)
        if state.stage in ("stable", "released", "rolled back"):
            return
        time.sleep(given.every)


if __name__ == "__main__":
    main()
