"""The point-in-time join against DuckDB's ASOF JOIN, Polars' join_asof and pandas' merge_asof, equal rows from all.

    python benchmarks/point_in_time.py                    10 million events, 1 million requests, 5 rounds
    python benchmarks/point_in_time.py --quick            a tenth of it, 3 rounds
    python benchmarks/point_in_time.py --series unsorted --rounds 15

The ratio is ours by the best library's, so less is better, and the bar is 1.2: the median over rounds, in each of which
every join has a fresh process and counts with the middle of three runs, on tables of the library's own kind that lie in
memory before the clock starts. On the clock are the sort that a library needs and the join, its answer in whatever
order; ours answers in the order of the requests. Two threads are allowed to each; ours and pandas have one. Cores used
are CPU seconds by wall seconds: on a machine that does other work they are fewer than the threads.

Of events of one key and instant the last in the table counts. pandas and Polars keep that rule after a stable sort.
DuckDB takes any of them, so the row number is part of its comparison; how fast it is without is printed, and not
counted, because its answers differ. Tables that are sorted by time spare pandas and Polars their sort: no bar there.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import duckdb
import numpy as np
import pandas as pd
import polars as pl

from mlsd_lib.data import point_in_time_join

BAR = 1.2
REPEATS = 3  # the first run in a process also waits for memory that the machine hands out
THREADS = 2
SERIES = ("unsorted", "sorted")
DAYS = 180  # both zones change to summer time within them
ZONES = ("Europe/Paris", "America/New_York")
LAST = np.iinfo(np.int64).max


def tables(
    events: int, requests: int, zones: tuple[str, str] = ZONES, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Requests (`i`, `user`, `at`) and a history (`user`, `event`, `value`: its row number), unsorted.

    A hundred events a user on average, one in twenty with the user and the instant of another; half of the requests at
    the very instant of an event, one in a hundred by a user without any.
    """
    rng = np.random.default_rng(seed)
    start, length = pd.Timestamp("2026-01-01").as_unit("us").value, DAYS * 86_400_000_000
    known = rng.choice(np.unique(rng.integers(1, 2**40, events // 100 + 1)), events)
    when = start + rng.integers(0, length, events)
    tied, like = rng.choice(events, events // 20, replace=False), rng.integers(0, events, events // 20)
    known[tied], when[tied] = known[like], when[like]
    asked = rng.integers(0, events, requests)
    user = np.where(rng.random(requests) < 0.01, 0, known[asked])
    at = np.where(rng.random(requests) < 0.5, when[asked], start + rng.integers(0, length, requests))
    history = pd.DataFrame({"user": known, "event": _in_zone(when, zones[0]), "value": np.arange(events)})
    return pd.DataFrame({"i": np.arange(requests), "user": user, "at": _in_zone(at, zones[1])}), history


def _in_zone(microseconds: np.ndarray, zone: str) -> pd.Series:
    return pd.Series(microseconds.view("datetime64[us]")).dt.tz_localize("UTC").dt.tz_convert(zone)


def write(folder: Path, requests: pd.DataFrame, history: pd.DataFrame) -> Path:
    """`folder`, made with the two tables in it."""
    folder.mkdir(parents=True)
    requests.to_parquet(folder / "requests.parquet")
    history.to_parquet(folder / "history.parquet")
    return folder


@dataclass(frozen=True)
class Join:
    """One way to join: `read` a Parquet file, `join` requests and history (and whether they are sorted by time)."""

    read: Callable[[Path], Any]
    join: Callable[[Any, Any, bool], Any]
    frame: Callable[[Any], pd.DataFrame]
    threads: Callable[[], int]
    counted: bool = True

    def answer(self, folder: Path, is_sorted: bool = False) -> np.ndarray:
        """What each request of `folder` is answered, by its number; -1 for nothing."""
        return self.values(self.join(*self.tables(folder), is_sorted))

    def tables(self, folder: Path) -> tuple[Any, Any]:
        return self.read(folder / "requests.parquet"), self.read(folder / "history.parquet")

    def values(self, joined: Any) -> np.ndarray:
        frame = self.frame(joined)
        value = np.empty(len(frame), dtype=np.int64)
        value[frame["i"].to_numpy()] = frame["value"].fillna(-1).to_numpy(np.int64)
        return value


def by_ours(requests: pd.DataFrame, history: pd.DataFrame, is_sorted: bool) -> pd.DataFrame:
    return point_in_time_join(requests, history, "user", "at", "event", "value")


def by_pandas(requests: pd.DataFrame, history: pd.DataFrame, is_sorted: bool) -> pd.DataFrame:
    requests = requests.assign(at=requests["at"].astype(history["event"].dtype))
    if not is_sorted:
        requests, history = requests.sort_values("at"), history.sort_values("event", kind="stable")
    return pd.merge_asof(requests, history, left_on="at", right_on="event", by="user")


def by_polars(engine: Any) -> Callable[[pl.DataFrame, pl.DataFrame, bool], pl.DataFrame]:
    def join(requests: pl.DataFrame, history: pl.DataFrame, is_sorted: bool) -> pl.DataFrame:
        left, right = requests.lazy().cast({"at": history.schema["event"]}), history.lazy()
        if not is_sorted:
            left, right = left.sort("at"), right.sort("event", maintain_order=True)
        joined = left.join_asof(right, left_on="at", right_on="event", by="user", check_sortedness=False)
        return joined.collect(engine=engine)

    return join


def by_duckdb(condition: str) -> Callable[[str, str, bool], str]:
    def join(requests: str, history: str, is_sorted: bool) -> str:
        duckdb.execute(
            f"CREATE OR REPLACE TABLE joined AS SELECT r.*, h.value"
            f" FROM {requests} AS r ASOF LEFT JOIN {history} AS h ON r.user = h.user AND {condition}"
        )
        return "joined"

    return join


def duckdb_table(path: Path) -> str:
    """The name of a table of DuckDB's own, in memory, with the rows of a Parquet file in their order."""
    name = f"{path.parent.name}_{path.stem}"
    duckdb.execute(f"SET threads = {THREADS}")
    duckdb.execute(f"CREATE OR REPLACE TABLE {name} AS FROM read_parquet('{path}')")
    return name


def duckdb_threads() -> int:
    return duckdb.execute("SELECT current_setting('threads')").fetchone()[0]


def polars(engine: str) -> Join:
    return Join(pl.read_parquet, by_polars(engine), lambda joined: joined.to_pandas(), pl.thread_pool_size)


def in_duckdb(condition: str, counted: bool = True) -> Join:
    def frame(name: str) -> pd.DataFrame:
        return duckdb.execute(f"SELECT i, value FROM {name}").df()

    return Join(duckdb_table, by_duckdb(condition), frame, duckdb_threads, counted)


JOINS = {
    "ours": Join(pd.read_parquet, by_ours, lambda joined: joined, lambda: 1),
    "polars": polars("in-memory"),
    "polars_streaming": polars("streaming"),
    "duckdb": in_duckdb(f"row(r.at, {LAST}) >= row(h.event, h.value)"),
    "duckdb_any_of_ties": in_duckdb("r.at >= h.event", counted=False),
    "pandas": Join(pd.read_parquet, by_pandas, lambda joined: joined, lambda: 1),
}


@dataclass(frozen=True)
class Run:
    """One join in its process: seconds, threads that it might use, peak memory of the process, and before the join."""

    wall_s: float
    cpu_s: float
    threads: int
    peak_mb: float
    before_mb: float


def run_here(name: str, series: Path, answer: Path) -> Run:
    """Runs one join in this process, after a small one that has it load what it needs, and keeps its answer."""
    join, is_sorted = JOINS[name], series.name == "sorted"
    join.answer(series.parent / "few")
    requests, history = join.tables(series)
    before_mb = _memory_mb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak from here on, not that of reading
    walls, cpus, peaks = [], [], []
    for _ in range(REPEATS):
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        joined = join.join(requests, history, is_sorted)
        walls.append(time.perf_counter() - wall_s)
        cpus.append(time.process_time() - cpu_s)
        peaks.append(_memory_mb("VmHWM"))
    np.save(answer, join.values(joined))
    return Run(statistics.median(walls), statistics.median(cpus), join.threads(), peaks[0], before_mb)


def _memory_mb(what: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:"))


def run(name: str, series: Path, answer: Path) -> Run:
    """Runs one join in a process of its own."""
    command = [sys.executable, __file__, "--run", name, str(series), str(answer)]
    surroundings = os.environ | {"POLARS_MAX_THREADS": str(THREADS)}  # Polars reads it as it is imported
    ended = subprocess.run(command, capture_output=True, text=True, env=surroundings)
    if ended.returncode != 0:
        raise SystemExit(f"{name} ended with status {ended.returncode}:\n{ended.stderr[-3000:]}")
    return Run(**json.loads(ended.stdout.splitlines()[-1]))


def differing(answers: dict[str, np.ndarray]) -> dict[str, int]:
    """In how many rows each answer differs from ours; raises SystemExit if one that counts does."""
    rows = {name: int((answer != answers["ours"]).sum()) for name, answer in answers.items()}
    wrong = {name: count for name, count in rows.items() if count and JOINS[name].counted}
    if wrong:
        raise SystemExit(f"Rows that differ from ours: {wrong}")
    return rows


def compare(series: Path, rounds: int) -> tuple[dict[str, list[Run]], dict[str, int]]:
    """Rounds of all joins, each time from another on; and the rows in which they differ, the same in all rounds."""
    names = list(JOINS)
    runs: dict[str, list[Run]] = {name: [] for name in names}
    rows: dict[str, int] = {}
    for number in range(rounds):
        answers = {}
        for name in names[number % len(names) :] + names[: number % len(names)]:
            answer = series / "answer.npy"
            runs[name].append(run(name, series, answer))
            answers[name] = np.load(answer)
        rows = differing(answers)
    return runs, rows


def summary(runs: dict[str, list[Run]]) -> dict[str, Any]:
    """Medians: ours, the best library that counts, and the ratio to it; then each join's own."""
    each = {}
    for name, some in runs.items():
        middle = {key: round(statistics.median(asdict(run)[key] for run in some), 3) for key in asdict(some[0])}
        ratio = statistics.median(us.wall_s / it.wall_s for us, it in zip(runs["ours"], some, strict=True))
        cores = round(statistics.median(run.cpu_s / run.wall_s for run in some), 2)
        each[name] = middle | {"cores_used": cores, "ours_by_it": round(ratio, 2)}
    best = max((name for name in each if name != "ours" and JOINS[name].counted), key=lambda n: each[n]["ours_by_it"])
    times = {"ours": each["ours"]["wall_s"], "theirs": each[best]["wall_s"], "ratio": each[best]["ours_by_it"]}
    return times | {"best": best, "each": each}


def one_line(series: str, found: dict[str, Any]) -> str:
    """The series in words."""
    lines = [
        f"{series:20}   wall s    CPU s  threads  cores used  peak MB  before the join  ours by it  rows that differ"
    ]
    for name, medians in found["each"].items():
        speed = (
            f"{medians['wall_s']:8.2f} {medians['cpu_s']:8.2f} {medians['threads']:8.0f} {medians['cores_used']:11.2f}"
        )
        memory = f"{medians['peak_mb']:8.0f} {medians['before_mb']:16.0f}"
        lines.append(
            f"  {name:18} {speed} {memory} {medians['ours_by_it']:11.2f} {found['rows_that_differ'][name]:17,}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, 3 rounds")
    parser.add_argument("--series", action="append", default=[], choices=SERIES)
    parser.add_argument("--json", action="store_true", help="the JSON line alone")
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        name, series, answer = options.run
        print(json.dumps(asdict(run_here(name, Path(series), Path(answer)))))
        return
    if options.quick:
        options.events, options.requests, options.rounds = options.events // 10, options.requests // 10, 3
    found = {}
    with tempfile.TemporaryDirectory(prefix="point-in-time-") as folder:
        requests, history = tables(options.events, options.requests)
        write(Path(folder, "few"), requests.head(100), history.head(1000))
        for series in options.series or SERIES:
            if series == "sorted":
                requests = requests.sort_values("at", ignore_index=True)
                history = history.sort_values("event", kind="stable", ignore_index=True)
            runs, rows = compare(write(Path(folder, series), requests, history), options.rounds)
            found[series] = summary(runs) | {"rows_that_differ": rows}
            if not options.json:
                print(one_line(series, found[series]), flush=True)
    first = next(iter(found.values()))
    head = {"name": "point_in_time", "n": options.events, "requests": options.requests, "rounds": options.rounds}
    verdict = {key: first[key] for key in ("ours", "theirs", "ratio", "best")}
    print(json.dumps(head | verdict | {"bar": BAR, "series": found}))


if __name__ == "__main__":
    main()
