"""A service whose one worker needs the same time for every request, but for a while in which it is slow.

    python -m lessons.reliability_and_cost.steady_worker PORT --work-ms 10 --blip-at 3 --blip-s 2 --blip-factor 5

The work is a wait, as for a device or a database: it leaves the cores to the clients. Requests queue without limit
unless `--queue-limit` says otherwise. `--deadlines`: a request's `within_s` is heeded, and who gave up is not served.
"""

import argparse
import time

import pydantic

from mlsd_lib.serving.app import create_app
from mlsd_lib.serving.batcher import DynamicBatcher
from mlsd_lib.serving.serve import serve


class Row(pydantic.BaseModel):
    """A request: its number, and for how many seconds its client will wait."""

    number: int
    within_s: float = pydantic.Field(gt=0, le=60)


class Worker:
    """Waits `work_s` for each row; `factor` times as long for `lasts_s` seconds, from `after_s` after the first on."""

    def __init__(self, work_s: float, after_s: float, lasts_s: float, factor: float):
        self.work_s, self.after_s, self.lasts_s, self.factor = work_s, after_s, lasts_s, factor
        self.first_s: float | None = None
        self.served = 0

    def __call__(self, rows: list[int]) -> list[int]:
        """The numbers themselves, in time."""
        now = time.monotonic()
        self.first_s = now if self.first_s is None else self.first_s
        slow = 0 <= now - self.first_s - self.after_s < self.lasts_s
        time.sleep(self.work_s * (self.factor if slow else 1.0) * len(rows))
        self.served += len(rows)
        return rows


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--work-ms", type=float, default=10.0)
    parser.add_argument("--blip-at", type=float, default=1e9, help="seconds after the first request")
    parser.add_argument("--blip-s", type=float, default=0.0)
    parser.add_argument("--blip-factor", type=float, default=1.0)
    parser.add_argument("--queue-limit", type=int, default=1_000_000)
    parser.add_argument("--deadlines", action="store_true")
    given = parser.parse_args()
    worker = Worker(given.work_ms / 1e3, given.blip_at, given.blip_s, given.blip_factor)
    batcher: DynamicBatcher[int, int] = DynamicBatcher(worker, most_rows=1, queue_limit=given.queue_limit)

    def predict(rows: list[Row]) -> list[dict[str, int]]:
        waits = [row.within_s if given.deadlines else float("inf") for row in rows]
        return [{"number": batcher.submit(row.number, wait)} for row, wait in zip(rows, waits, strict=True)]

    serve(create_app(Row, predict, name="steady-worker", version="v1"), given.port, threads=500)


if __name__ == "__main__":
    main()
