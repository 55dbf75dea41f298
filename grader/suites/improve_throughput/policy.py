"""The second hand-in of `improve_throughput`: when a batch begins, and who is turned away, as plain data."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from grader.suites.improve_throughput.cases import EXERCISE
from mlsd_lib.simulation.design import Batching, Design, Document, Queue

FEWEST_ROWS, MOST_ROWS = map(int, EXERCISE.steps("largest_batch"))
SHORTEST_MS, LONGEST_MS = EXERCISE.steps("longest_wait_ms")
MOST_WAITING, MOST_MS = int(EXERCISE.limit("queue_limit")), EXERCISE.limit("deadline_ms")


class Policy(Document):
    """A batch begins when the core is free and `largest_batch` rows wait, or the oldest has waited `longest_wait_ms`.

    A request that finds `queue_limit` others waiting is refused at once. One that has no answer after `deadline_ms` is
    told so, and is not begun any more. None: no limit, no deadline.
    """

    largest_batch: int = Field(ge=FEWEST_ROWS, le=MOST_ROWS)
    longest_wait_ms: float = Field(ge=SHORTEST_MS, le=LONGEST_MS)
    queue_limit: Annotated[int, Field(ge=1, le=MOST_WAITING)] | None = None
    deadline_ms: Annotated[float, Field(ge=1, le=MOST_MS)] | None = None

    @property
    def serving(self) -> Design:
        """The same as the simulator of serving runs it: one replica, and clients that ask once."""
        alone = self.largest_batch == 1
        batching = Batching(most_rows=self.largest_batch, wait_s=0.0 if alone else self.longest_wait_ms / 1e3)
        queue = Queue(limit=self.queue_limit, drop_expired=True)
        return Design(batching=batching, queue=queue, timeout_s=(self.deadline_ms or MOST_MS) / 1e3)

    def _contradictions(self) -> Iterator[str]:
        if self.queue_limit is not None and self.queue_limit < self.largest_batch:
            yield (
                f"queue_limit is {self.queue_limit}, below largest_batch, {self.largest_batch}: no batch fills. Let "
                "more wait, or batch less."
            )
        if self.deadline_ms is not None and self.deadline_ms <= self.longest_wait_ms:
            yield (
                f"deadline_ms is {self.deadline_ms:g} and longest_wait_ms {self.longest_wait_ms:g}: requests are given "
                "up before their batch begins. Wait less."
            )
