"""Answers of the decoder as server-sent events, from one process: how it treats a stream is said by who asks for it.

    python -m lessons.decode_step.stream_server PORT SEED SLOTS

POST /answer takes an `Ask`. GET /settled answers once no stream may take a step, /begun once one has its first token.
A real server has one way of treating streams; here each experiment chooses, so that a single process shows them all.
"""

import asyncio
import contextlib
import json
import socket
import sys
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Protocol

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

if TYPE_CHECKING:
    from lessons.decode_step.engine import Engine, Stream

SEND_BUFFER = 16_384
"""Bytes that the system keeps of each answer until its reader takes them. Left to itself it keeps up to megabytes."""
ROOM = 320
"""Tokens that a stream may hold, its prompt included."""


class Ask(BaseModel):
    """A request: what shall be answered, then how the server treats it. See `Stream` for what is not said here."""

    name: str
    prompt: list[int]
    tokens: int
    stream: bool = True
    notify: bool = True
    """Whether the loop is notified when the reader has left."""
    ahead: int | None = None
    queue_limit: int | None = None
    wide: bool = False
    hangs_after: int | None = None
    beat_s: float | None = None
    """Seconds without a token after which a comment is sent."""


class Source(Protocol):
    """What decodes streams: our `Engine`, or one around a runtime's own."""

    async def next_token(self, stream: Any) -> Any:
        """Its next token, a named tuple, as soon as there is one; None at its end."""

    def cancel(self, stream: Any) -> None:
        """Takes no further step for it."""


async def as_events(engine: Source, stream: Any, notify: bool, beat_s: float | None) -> AsyncIterator[str]:
    """The stream as server-sent events. The framework ends this function where the reader leaves."""
    try:
        waiting = asyncio.ensure_future(engine.next_token(stream))
        while True:
            done, _ = await asyncio.wait([waiting], timeout=beat_s)
            if not done:
                yield ": beat\n\n"
                continue
            if (token := waiting.result()) is None:
                break
            waiting = asyncio.ensure_future(engine.next_token(stream))
            yield f"data: {json.dumps(token._asdict() | {'at': time.monotonic()})}\n\n"
    finally:
        waiting.cancel()
        if notify:
            engine.cancel(stream)


async def as_one(engine: "Engine", stream: "Stream", notify: bool, request: Request) -> list[int]:
    """The whole answer. Nothing ends this function: it has to ask whether somebody is still there."""
    tokens = list[int]()
    while (token := await engine.next_token(stream)) is not None:
        tokens.append(token.token)
        if notify and await request.is_disconnected():
            engine.cancel(stream)
    return tokens


def app(seed: int, slots: int) -> FastAPI:
    """The ASGI app: the decoder of the lesson on the decode step behind an `Engine` with so many slots."""
    import numpy as np
    import torch

    from lessons.decode_step.engine import Engine, Full, Stream
    from mlsd_lib.modeling.decoder import Decoder
    from mlsd_lib.modeling.errors import ModelingError

    torch.set_num_threads(1)
    engine = Engine(Decoder(256, 6, 8, np.random.default_rng(seed)), slots, ROOM)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.create_task(engine.run())
        yield
        loop.cancel()

    server = FastAPI(lifespan=lifespan)
    server.get("/healthz")(lambda: "ok")

    @server.post("/answer")
    async def answer(ask: Ask, request: Request) -> Response:
        chosen = ask.model_dump(include={"name", "prompt", "tokens", "ahead", "wide", "hangs_after"})
        try:
            stream = engine.submit(Stream(**chosen), ask.queue_limit)
        except Full as refusal:
            return JSONResponse({"error": str(refusal)}, 503, {"Retry-After": "1"})
        except ModelingError as error:
            return JSONResponse({"error": str(error)}, 422)
        if ask.stream:
            events = as_events(engine, stream, ask.notify, ask.beat_s)
            return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        return JSONResponse(await as_one(engine, stream, ask.notify, request))

    @server.get("/settled")
    async def settled() -> dict[str, dict[str, int]]:
        await engine.until(lambda: engine.resting)
        return {name: stream.record() for name, stream in engine.streams.items()}

    @server.get("/begun")
    async def begun(name: str) -> None:
        await engine.until(lambda: name in engine.streams and engine.streams[name].decoded > 0)

    return server


def main() -> None:
    """Serves until it is ended."""
    port, seed, slots = map(int, sys.argv[1:])
    config = uvicorn.Config(
        app(seed, slots), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1
    )
    door = config.bind_socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    uvicorn.Server(config).run(sockets=[door])


if __name__ == "__main__":
    main()
