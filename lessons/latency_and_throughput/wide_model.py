"""A model whose weights do not fit into a core's cache, behind Flask and the dynamic batcher, to be put under load.

    python -m lessons.latency_and_throughput.wide_model 8000 --most-rows 32 --wait-ms 0 --queue-limit 256

One row must read all weights from memory; a batch reads them once for all its rows. `--stall-at` and `--stall-s` let
the model stand still once, so many seconds after the first request.
"""

import argparse
import threading
import time

import numpy as np
import pydantic

from mlsd_lib.serving.app import create_app
from mlsd_lib.serving.batcher import DynamicBatcher
from mlsd_lib.serving.serve import serve

WIDTH, LAYERS = 2_048, 2


class Row(pydantic.BaseModel):
    """A request: the number of a customer, from which its features follow."""

    customer: int = pydantic.Field(ge=0, le=10_000_000)


class WideModel:
    """Two layers of 2,048 by 2,048 weights, 34 MB. `stall` is (after, lasts), seconds, once.

    `calls`, `cpu_s`: how many batches it took so far, and their CPU seconds, each in the thread that called.
    """

    def __init__(self, stall: tuple[float, float] | None = None):
        rng = np.random.default_rng(0)
        self.layers = [rng.normal(0, WIDTH**-0.5, (WIDTH, WIDTH)).astype(np.float32) for _ in range(LAYERS)]
        self.phase = rng.uniform(0, 2 * np.pi, WIDTH).astype(np.float32)
        self.stall, self.first_s = stall, None if stall else 0.0
        self.calls, self.cpu_s = 0, 0.0

    def __call__(self, customers: list[int]) -> list[float]:
        """A score for each customer, between -1 and 1."""
        self._stand_still_perhaps()
        began_s = time.thread_time()
        x = np.sin(np.array(customers, dtype=np.float32)[:, None] + self.phase)
        for weights in self.layers:
            x = np.tanh(x @ weights)
        scores = [float(score) for score in x.mean(axis=1)]
        self.calls, self.cpu_s = self.calls + 1, self.cpu_s + time.thread_time() - began_s
        return scores

    def _stand_still_perhaps(self) -> None:
        if self.stall is None:
            return
        now = time.monotonic()
        self.first_s = self.first_s or now
        if now - self.first_s >= self.stall[0]:
            lasts, self.stall = self.stall[1], None
            time.sleep(lasts)


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--most-rows", type=int, default=1, help="rows of a batch (1: no batching)")
    parser.add_argument("--wait-ms", type=float, default=0.0, help="how long the oldest row waits for company")
    parser.add_argument("--queue-limit", type=int, default=100_000, help="rows that may wait; others get 503")
    parser.add_argument("--stall-at", type=float, default=None, help="seconds after the first request")
    parser.add_argument("--stall-s", type=float, default=0.0, help="for how long it stands still")
    given = parser.parse_args()
    model = WideModel(None if given.stall_at is None else (given.stall_at, given.stall_s))
    batcher: DynamicBatcher[int, float] = DynamicBatcher(model, given.most_rows, given.wait_ms / 1e3, given.queue_limit)
    batcher.submit(1)  # the first call sets the mathematics up
    model.first_s = None

    def predict(rows: list[Row]) -> list[dict[str, float]]:
        scores = [batcher.submit(row.customer) for row in rows]
        told = {"model_cpu_s": model.cpu_s, "batches": model.calls}
        return [{"score": score, "customer": row.customer} | told for row, score in zip(rows, scores, strict=True)]

    threading.stack_size(256 * 1_024)  # hundreds of threads wait, none needs more
    serve(create_app(Row, predict, name="wide-model", version="v1"), given.port, threads=400)


if __name__ == "__main__":
    main()
