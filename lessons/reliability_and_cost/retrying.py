"""Clients that give up and ask again, at the times at which users come: what keeps a slow service slow.

A client that gave up does not hang up: its connection stays open, as a proxy's or a mobile network's would, and the
server goes on to work for it.
"""

import asyncio
import ipaddress
import threading
import urllib.parse
from dataclasses import dataclass

import numpy as np

from mlsd_lib.serving.errors import ServingError


@dataclass(frozen=True)
class Answers:
    """What came back of n requests. Seconds count from the moment at which the first of them could be due."""

    latency_s: np.ndarray
    """From when a request was due to its first answer of 2xx, (n,); NaN without one."""
    sent: np.ndarray
    """How often each request was sent, (n,)."""
    answered_s: np.ndarray
    """When the server had answered an attempt with 2xx, (m,), ascending."""
    for_nobody: np.ndarray
    """Whether the client of that attempt had given up by then, (m,)."""


def ask_with_retries(url: str, due_s: np.ndarray, timeout_s: float, retries: int, most_s: float = 120.0) -> Answers:
    """Sends a request at each of the times `due_s`, (n,), and again after each `timeout_s`, up to `retries` times.

    The body is {"number", "within_s"}. A refusal is followed by the next attempt at once. Everything ends after
    `most_s`. Works within a running event loop too, such as a notebook's. Raises `ServingError` for a host other than
    this machine.
    """
    host = urllib.parse.urlsplit(url).hostname or ""
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        raise ServingError(
            f"Clients were pointed at {url}; only this machine may be loaded. Give a server of this machine."
        )
    found: list[Answers] = []
    thread = threading.Thread(
        target=lambda: found.append(asyncio.run(_all(url, due_s, timeout_s, retries, most_s)))
    )  # a loop of its own: a notebook's runs already
    thread.start()
    thread.join()
    if not found:
        raise ServingError(f"The clients of {url} failed; see the error above.")
    return found[0]


async def _all(url: str, due_s: np.ndarray, timeout_s: float, retries: int, most_s: float) -> Answers:
    import aiohttp

    latency, sent = np.full(len(due_s), np.nan), np.zeros(len(due_s), dtype=int)
    loop = asyncio.get_running_loop()
    begun = loop.time() + 0.2
    left_open: set[asyncio.Task[bool]] = set()
    answered: list[tuple[float, bool]] = []

    async def attempt(number: int) -> bool:
        body = {"number": number, "within_s": timeout_s}
        try:
            async with session.post(url, json=body) as answer:
                await answer.read()
                if good := answer.status // 100 == 2:
                    answered.append((loop.time() - begun, asyncio.current_task() in left_open))
                return good
        except (aiohttp.ClientError, TimeoutError):  # among them what the session's end cuts off, when nobody waits
            return False

    async def client(number: int) -> None:
        await asyncio.sleep(max(0.0, begun + due_s[number] - loop.time()))
        for _ in range(1 + retries):
            sent[number] += 1
            task = asyncio.create_task(attempt(number))
            done, _ = await asyncio.wait({task}, timeout=timeout_s)
            if not done:
                left_open.add(task)  # the server does not learn of it
            elif task.result():
                latency[number] = loop.time() - begun - due_s[number]
                return

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=most_s)) as session:
        clients = [asyncio.create_task(client(number)) for number in range(len(due_s))]
        await asyncio.wait(clients, timeout=most_s)
        for task in [*clients, *left_open]:
            task.cancel()
        await asyncio.gather(*clients, *left_open, return_exceptions=True)
    answered_s, for_nobody = np.array(answered).reshape(-1, 2).T
    return Answers(latency, sent, answered_s, for_nobody.astype(bool))
