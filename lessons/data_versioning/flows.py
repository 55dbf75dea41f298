"""The diagram of *Data versioning*: how far one bad day reaches."""

from collections.abc import Collection

from mlsd_lib.lesson import diagram
from mlsd_lib.lesson.diagram_picture import Diagram


def reach_flow(made_from_it: Collection[str], models: int, changed: int, by_window: int) -> Diagram:
    """The diagram of what was made from a bad day.

    `made_from_it` names it, as "features/12"; of so many `models` so many `changed`, and `by_window` of them have the
    day in their training windows.
    """
    count = {kind: sum(name.startswith(kind) for name in made_from_it) for kind in ("features", "model", "metric")}
    return diagram(
        "bad day -> features -> models -> metrics",
        "features -> metrics",
        "features: of {features} weeks",
        "models: {changed} of {models} changed, {by_window} found by their windows, {by_graph} by the graph",
        "metrics: {metrics} to be measured again",
        features=count["features"],
        changed=changed,
        models=models,
        by_window=by_window,
        by_graph=count["model"],
        metrics=count["metric"],
    )
