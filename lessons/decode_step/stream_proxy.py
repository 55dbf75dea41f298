"""A proxy between readers and the streaming server, which passes answers on as they come, or in blocks.

    python -m uvicorn --factory lessons.decode_step.stream_proxy:app    # UPSTREAM holds the address of the server

POST /BLOCK/PATH is passed on as POST /PATH. Of the answer, bytes are passed on as they come if BLOCK is 0, else when so
many of them are there or the answer has ended, as a proxy does whose buffers are that large.
"""

import contextlib
import os
from collections.abc import AsyncIterator

import aiohttp
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse


async def in_blocks(answer: aiohttp.ClientResponse, block: int) -> AsyncIterator[bytes]:
    """The body of an answer. The connection to the server is closed where the reader leaves."""
    held = b""
    with contextlib.closing(answer):
        async for part in answer.content.iter_any():
            held += part
            if len(held) >= block:
                yield held
                held = b""
        if held:
            yield held


def app() -> FastAPI:
    """The ASGI app."""
    upstream = os.environ["UPSTREAM"]
    sessions = list[aiohttp.ClientSession]()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as session:
            sessions.append(session)
            yield

    proxy = FastAPI(lifespan=lifespan)
    proxy.get("/healthz")(lambda: "ok")

    @proxy.post("/{block}/{path}")
    async def pass_on(block: int, path: str, request: Request) -> Response:
        kind, body = {"Content-Type": request.headers["Content-Type"]}, await request.body()
        answer = await sessions[0].post(f"{upstream}/{path}", data=body, headers=kind)
        return StreamingResponse(in_blocks(answer, block), answer.status, media_type=answer.content_type)

    return proxy
