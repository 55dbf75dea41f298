"""What a reader may set in the lesson on latency and throughput: how a server makes its batches, under which load."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from mlsd_lib.lesson import plotting as plot
from mlsd_lib.lesson.explorer import SIZE, Explorer, Setting, Verdict
from mlsd_lib.simulation import traces
from mlsd_lib.simulation.compiled_engine import simulate
from mlsd_lib.simulation.design import Batching, Design
from mlsd_lib.simulation.scenario import BatchCost, Scenario

COST = BatchCost(fixed_s=0.008, row_s=0.002)
SINGLES_PER_S = 100  # what such a replica answers one by one
ASKED, PROMISED_MS = 3.0, 110  # times that rate, and the 99th percentile
LASTS_S, STEP_S = 60, 2


@dataclass(frozen=True)
class Served:
    """One minute of load on one replica."""

    p99_ms: float
    median_ms: float
    busy: float
    """Share of the time."""
    by_time: dict[str, np.ndarray]
    """Milliseconds by when a request came, in steps of two seconds: the median and the slowest, (30,) each."""


def batches() -> Explorer:
    """Rows, window and load: which batches keep a promise, and which only make users wait."""
    return Explorer(
        f"A replica answers {SINGLES_PER_S} requests a second one by one. {ASKED:g} times as many come. Find batches "
        f"with which 99 of 100 of them are answered within {PROMISED_MS} ms.",
        (
            Setting("load", "load (times what it does one by one)", {"0.3": 0.3, "1.5": 1.5, "3": 3.0}, "3"),
            Setting("rows", "rows of a batch, at most", {"1": 1, "4": 4, "16": 16, "64": 64}, "1"),
            Setting("window_ms", "window (ms)", {"0": 0, "20": 20, "100": 100}, "0"),
        ),
        serve,
        _draw,
        _judge,
    )


def serve(load: float, rows: int, window_ms: int) -> Served:
    """Runs the minute in the simulator. A batch of one row never waits for company."""
    arrived = traces.constant(np.random.default_rng([0, int(10 * load)]), load * SINGLES_PER_S, LASTS_S)
    scenario = Scenario("load", arrived, np.zeros(len(arrived), dtype=int), 1, LASTS_S, COST)
    batching = Batching(most_rows=rows, wait_s=window_ms / 1e3 if rows > 1 else 0.0)
    record = simulate(Design(batching=batching, timeout_s=600.0), scenario)
    latency_ms, step = 1e3 * record.latency_s, (arrived // STEP_S).astype(int)
    steps = [latency_ms[step == one] for one in range(LASTS_S // STEP_S)]
    by_time = {"median": np.array([np.median(one) for one in steps]), "slowest": np.array([one.max() for one in steps])}
    p99_ms, median_ms = np.percentile(latency_ms, [99, 50])
    return Served(float(p99_ms), float(median_ms), record.total("busy_s") / record.total("up_s"), by_time)


def capacity_per_s(rows: int) -> float:
    """Answers a second with full batches of so many rows."""
    return rows / (COST.fixed_s + rows * COST.row_s)


def _draw(found: Served) -> Axes:
    return plot.lines(
        found.by_time,
        "Latency during a minute of load",
        "second in which a request comes",
        "latency (ms)",
        at=np.arange(STEP_S / 2, LASTS_S, STEP_S),
        label_at={"median": 50, "slowest": 30},
        levels={f"{PROMISED_MS} ms": PROMISED_MS},
        log="y",
        y_range=(2, 200_000),
        better="down",
        size=SIZE,
    )


def _judge(found: Served, load: float, rows: int, window_ms: int) -> Verdict:
    measured = f"99 of 100 are answered within {found.p99_ms:,.0f} ms, half within {found.median_ms:,.0f} ms."
    rate, full = load * SINGLES_PER_S, capacity_per_s(rows)
    if load != ASKED:
        kept = "keep" if found.p99_ms <= PROMISED_MS else "break"
        return Verdict(
            measured, False, f"these batches {kept} the promise at this load; the question is about {ASKED:g}."
        )
    if full < rate:
        return Verdict(measured, False, f"batches of {rows} give {full:.0f} answers a second; {rate:.0f} come.")
    if found.p99_ms > PROMISED_MS:
        waits = f"the first row of a batch waits up to {window_ms} ms for others, though many come without that."
        return Verdict(measured, False, waits if window_ms else f"the replica is busy {found.busy:.0%} of the time.")
    return Verdict(
        measured, True, f"batches of {rows} give {full:.0f} answers a second, more than the {rate:.0f} that come."
    )
