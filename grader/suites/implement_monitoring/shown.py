"""What a student uses while working: public streams, and a monitor's days in them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from grader.suites.implement_monitoring.cases import CASES
from grader.suites.implement_monitoring.runs import Run, watch
from grader.suites.implement_monitoring.world import Day, Stream, make_stream
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd


def _public() -> list[Stream]:
    """The public streams: first those of `caught`, then those of `worth`."""
    return [stream for some in CASES.public().streams.values() for stream in some]


def _numbered(number: int) -> Stream:
    streams = _public()
    if type(number) is not int or not 0 <= number < len(streams):
        raise CourseError(f"The number of the stream is {number!r}; it must be from 0 to {len(streams) - 1}.")
    return streams[number]


def stream(number: int) -> list[Day]:
    """The days of a public stream; the first 28 are the reference."""
    return make_stream(_numbered(number))


def try_stream(monitor: Callable[[], Any], number: int) -> Run:
    """A public stream under a monitor: the run, with `plot()` and `table()`. Raises what the monitor raises."""
    return watch(monitor, _numbered(number), number, stream(number))


def scorecard(monitor: Callable[[], Any]) -> "pd.DataFrame":
    """The public streams under a monitor, a row an incident; `false alarms` are the days of its whole stream."""
    import pandas as pd

    rows = [
        {
            "stream": run.number,
            "harmless": run.harmless,
            "false alarms": len(run.false_days),
            "incident": incident.family,
            "begins": incident.begins,
            "named on": incident.caught,
            "in time": incident.in_time,
            "harm, EUR": incident.harm,
        }
        for run in (try_stream(monitor, number) for number in range(len(_public())))
        for incident in run.met
    ]
    return pd.DataFrame(rows).set_index("stream").astype({"named on": "Int64"})
