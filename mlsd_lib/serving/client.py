"""The client of a load test, in a process of its own: run as a file by `load.py`, never imported by the course.

It reads from stdin what to send, and writes to stdout when each request was due, sent and answered, and its status,
both as JSON. A process of its own, because in the notebook's process a computing cell would hold the interpreter's
lock and be measured as the server's latency.
"""

import asyncio
import gc
import itertools
import json
import select
import selectors
import sys
import time
from typing import Any

import aiohttp

TIMED_OUT, NO_ANSWER = 0, -1

if hasattr(selectors, "EpollSelector"):

    class FineSelector(selectors.EpollSelector):
        """Waits in microseconds; epoll alone rounds a wait up to a millisecond, which would count as latency."""

        def select(self, timeout: float | None = None) -> list[Any]:
            if timeout is not None and timeout > 0:
                select.select([self.fileno()], [], [], timeout)
                timeout = 0
            return super().select(timeout)

else:  # macOS and Windows wait precisely enough
    FineSelector = selectors.DefaultSelector  # type: ignore[misc,assignment]


class Recorder:
    """Sends requests and keeps one record each: due, sent and answered, in seconds since the start, and status."""

    def __init__(self, session: aiohttp.ClientSession, url: str, bodies: list[bytes], started: float):
        self._session, self._url, self._started = session, url, started
        self._bodies = itertools.cycle(bodies)
        self.records: list[tuple[float, float, float, int]] = []

    def now_s(self) -> float:
        return time.perf_counter() - self._started

    async def send(self, due_s: float | None) -> None:
        sent_s = self.now_s()
        try:
            async with self._session.post(self._url, data=next(self._bodies), allow_redirects=False) as response:
                await response.read()
                status = response.status
        except TimeoutError:
            status = TIMED_OUT
        except (aiohttp.ClientError, OSError):
            status = NO_ANSWER
        self.records.append((sent_s if due_s is None else due_s, sent_s, self.now_s(), status))


async def open_loop(recorder: Recorder, schedule_s: list[float]) -> None:
    """Sends each request when it is due, however many are still unanswered."""
    async with asyncio.TaskGroup() as group:
        for due_s in schedule_s:
            if (wait_s := due_s - recorder.now_s()) > 0:
                await asyncio.sleep(wait_s)
            group.create_task(recorder.send(due_s))


async def closed_loop(recorder: Recorder, clients: int, duration_s: float) -> None:
    """Each client sends its next request when its last was answered, and at least one."""

    async def client() -> None:
        await recorder.send(None)
        while recorder.now_s() < duration_s:
            await recorder.send(None)

    await asyncio.gather(*(client() for _ in range(clients)))


async def run(job: dict[str, Any]) -> list[tuple[float, float, float, int]]:
    """The records of one job, in the order in which requests ended."""
    timeout = aiohttp.ClientTimeout(total=job["timeout_s"])
    headers = {"Content-Type": "application/json", **job["headers"]}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, headers=headers) as session:
        bodies = [body.encode("latin-1") for body in job["bodies"]]
        gc.collect()
        gc.disable()  # a collection would be counted as latency
        recorder = Recorder(session, job["url"], bodies, time.perf_counter())
        if "schedule_s" in job:
            await open_loop(recorder, job["schedule_s"])
        else:
            await closed_loop(recorder, job["clients"], job["duration_s"])
    return recorder.records


def main() -> None:
    """Reads the job, does it, writes the records."""
    job = json.load(sys.stdin)
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(FineSelector())) as runner:
        records = runner.run(run(job))
    json.dump(records, sys.stdout)


if __name__ == "__main__":
    main()
