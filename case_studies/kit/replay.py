"""A stream sent to a running service, requests and reports in the order of their times."""

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlsd_lib.simulation.errors import SimulationError

if TYPE_CHECKING:
    import pandas as pd


def replay(
    url: str,
    requests: Sequence[Mapping[str, Any]],
    reports: Sequence[Mapping[str, Any]] = (),
    batch: int = 100,
    headers: Mapping[str, str] | None = None,
) -> "pd.DataFrame":
    """The service's answers to `requests`, sent to /predict, `batch` at a time; `reports` go to /reports.

    Each is a body with a field `time`, a text of ISO 8601 of one form throughout. Raises `SimulationError` when the
    service refuses something.
    """
    import pandas as pd

    from mlsd_lib.serving import post  # late: designs and scenarios need no server

    events = [("predict", request) for request in requests] + [("reports", report) for report in reports]
    events.sort(key=lambda event: event[1]["time"])
    answers: list[dict[str, Any]] = []
    for route, group in itertools.groupby(events, key=lambda event: event[0]):
        bodies: list[Any] = [body for _, body in group]
        if route == "predict":
            bodies = [{"rows": bodies[i : i + batch]} for i in range(0, len(bodies), batch)]
        for body in bodies:
            status, answer = post(f"{url}/{route}", body, headers=headers)
            if status != 200:
                raise SimulationError(f"The service at {url}/{route} answered {status}: {json.dumps(answer)[:300]}.")
            answers += answer.get("rows", [])
    return pd.DataFrame(answers)


def bodies(table: "pd.DataFrame") -> list[dict[str, Any]]:
    """The rows of `table` as bodies for a service, in their order; its column `time` becomes a text of ISO 8601."""
    return table.assign(time=table["time"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f")).to_dict("records")
