"""A router before the versions of one service: it splits requests, copies them to a shadow, asks stable in need.

    python -m lessons.deployment.router PORT --route route.json

The route is a file (see `Route`), read again whenever it has changed; who switches traffic writes a new one.
GET /metrics counts, by version and role, how many requests were answered well and badly: 5xx, no answer, or slower
than the limit.

Where the candidate fails, stable answers, so that a bad release loses no request. That is only right for a request
that may run twice: `Route.repeatable` says so of all, a safe method of one. Any other is asked again only
if the candidate cannot have got it.
"""

import argparse
import asyncio
import hashlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest

from mlsd_lib.serving.errors import ServingError

BACKEND_TIMEOUT_S = 5.0
SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing (RFC 9110, section 9.2.1)."""
TO_VERSION = ("Content-Type", "X-Request-Id", "X-Deadline-Ms", "Authorization", "traceparent", "tracestate")
TO_CLIENT = ("Content-Type", "Retry-After")
"""Headers that are handed on."""
Answer = tuple[int, bytes, dict[str, str]]
NEVER_SENT: Answer = (
    503,
    b'{"error": {"rule": "no version answered", "fix": "Try again later."}}',
    {"Content-Type": "application/json", "Retry-After": "1"},
)
"""In place of the answer of a version that did not get the request."""


@dataclass(frozen=True)
class Route:
    """Which version answers: `candidate` gets `share` (0 to 1) of the requests, or with `shadow` a copy of all.

    `versions` are addresses by name. `slow_ms`: from there on an answer counts as bad. `repeatable`: every request may
    run twice, so stable is asked as soon as the candidate is slow or has failed.
    """

    versions: dict[str, str]
    stable: str
    candidate: str | None = None
    share: float = 0.0
    shadow: bool = False
    slow_ms: float = 500.0
    repeatable: bool = False

    def __post_init__(self) -> None:
        for name in (self.stable, self.candidate):
            if name is not None and name not in self.versions:
                raise ServingError(f"The route names version {name!r}; known are {', '.join(self.versions)}. Add it.")
        if not 0 <= self.share <= 1:
            raise ServingError(f"share is {self.share!r}; it must be from 0 to 1. Give a share, not per cent.")

    def write(self, path: Path) -> None:
        """Writes the file in one step: a reader finds the old route or this one, never a part."""
        aside = path.with_suffix(".new")
        aside.write_text(json.dumps(asdict(self)), encoding="utf-8")
        os.replace(aside, path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The route of a file. Raises `ServingError` where it is none."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ServingError(f"{path} is no route: {error}. Write it with Route.write.") from error

    def takes_candidate(self, key: bytes) -> bool:
        """Whether the request with this key goes to the candidate; it stays there while the share does not fall."""
        drawn = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") / 2**64
        return self.candidate is not None and not self.shadow and drawn < self.share


class Router:
    """The app and what it counts. `served` has a count by version, role (stable, candidate, shadow) and outcome."""

    def __init__(self, path: Path):
        self.path, self.route, self.stamp = path, Route.read(path), (0, 0, 0)
        self.registry = CollectorRegistry()
        self.served = Counter(
            "routed_requests", "Requests by version, role and outcome", ["version", "role", "outcome"],
            registry=self.registry,
        )  # fmt: skip
        self.rescued = Counter(
            "rescued_requests", "Answered by stable after the candidate failed", registry=self.registry
        )
        self.copies: set[asyncio.Task[None]] = set()
        self.session: ClientSession

    def app(self) -> web.Application:
        """The app: /healthz and /metrics are its own, everything else goes to a version."""
        app = web.Application(client_max_size=4_000_000)
        app.router.add_get("/healthz", self.healthy)
        app.router.add_get("/metrics", self.metrics)
        app.router.add_route("*", "/{path:.*}", self.forward)
        app.cleanup_ctx.append(self.own_session)
        return app

    async def own_session(self, app: web.Application) -> AsyncIterator[None]:
        async with ClientSession(timeout=ClientTimeout(total=BACKEND_TIMEOUT_S)) as self.session:
            yield

    def current(self) -> Route:
        """The route as the file has it now. A broken one is reported and changes nothing."""
        stamp = self._stamp()
        if stamp != self.stamp:
            self.stamp = stamp
            try:
                self.route = Route.read(self.path)
            except ServingError as error:
                print(f"The former route stays: {error}", file=sys.stderr, flush=True)
        return self.route

    def _stamp(self) -> tuple[int, int, int]:
        """What differs between two files that were written in the same tick of the file system's clock, too."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return self.stamp
        return found.st_mtime_ns, found.st_ino, found.st_size

    async def healthy(self, request: web.Request) -> web.Response:
        return web.json_response({"name": "router", "ready": True, "route": asdict(self.current())})

    async def metrics(self, request: web.Request) -> web.Response:
        # aiohttp takes the content type apart itself and refuses one with its parameters.
        return web.Response(body=generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def forward(self, request: web.Request) -> web.Response:
        """The answer of the version that the route gives this request; stable's where the candidate has none."""
        route, body = self.current(), await request.read()
        key = request.headers.get("X-Request-Id", "").encode() or body
        if route.takes_candidate(key) and route.candidate is not None:
            twice = route.repeatable or request.method in SAFE
            within_s = min(BACKEND_TIMEOUT_S, route.slow_ms / 1e3) if twice else BACKEND_TIMEOUT_S
            answer = await self.ask(route, route.candidate, "candidate", request, body, within_s=within_s)
            if answer is NEVER_SENT or (twice and (answer is None or answer[0] >= 500)):
                self.rescued.inc()
                answer = await self.ask(route, route.stable, "rescue", request, body)
        else:
            answer = await self.ask(route, route.stable, "stable", request, body)
            if route.shadow and route.candidate is not None:
                copy = asyncio.create_task(self.compare(route, request, body, answer))
                self.copies.add(copy)
                copy.add_done_callback(self.copies.discard)
        status, content, headers = answer or NEVER_SENT
        return web.Response(status=status, body=content, headers=headers)

    async def compare(self, route: Route, request: web.Request, body: bytes, right: Answer | None) -> None:
        """Asks the shadow the same and counts whether its answer has the status and the fields of stable's."""
        await self.ask(route, str(route.candidate), "shadow", request, body, right)

    async def ask(
        self,
        route: Route,
        version: str,
        role: str,
        request: web.Request,
        body: bytes,
        right: Answer | None = None,
        within_s: float = BACKEND_TIMEOUT_S,
    ) -> Answer | None:
        """What the version answers, counted; None where it does not, `NEVER_SENT` where it cannot be reached.

        `right`: what a shadow is compared with.
        """
        started, answer = time.perf_counter(), None
        url = route.versions[version] + request.rel_url.path_qs
        headers = _those(TO_VERSION, request.headers)
        try:
            limit = ClientTimeout(total=within_s)
            async with self.session.request(request.method, url, data=body, headers=headers, timeout=limit) as response:
                answer = response.status, await response.read(), _those(TO_CLIENT, response.headers)
        except ClientConnectorError:
            answer = NEVER_SENT
        except (ClientError, TimeoutError, OSError):
            pass
        slow = (time.perf_counter() - started) * 1e3 > route.slow_ms
        bad = answer is None or answer[0] >= 500 or slow or (right is not None and _shape(answer) != _shape(right))
        self.served.labels(version, role, "bad" if bad else "good").inc()
        return answer


def _those(names: Iterable[str], headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in names if name in headers}


def _shape(answer: Answer) -> tuple[int, Any]:
    """What two versions must share: the status, and the names and types of the fields of a JSON object."""
    try:
        document = json.loads(answer[1])
    except ValueError:
        return answer[0], None
    fields = {name: type(value).__name__ for name, value in document.items()} if isinstance(document, dict) else None
    return answer[0], fields


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--route", type=Path, required=True, help="the file with the route")
    given = parser.parse_args()
    try:
        router = Router(given.route)
    except ServingError as error:
        parser.error(str(error))
    web.run_app(router.app(), host="127.0.0.1", port=given.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
