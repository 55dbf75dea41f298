"""Answers of a real runtime as server-sent events: ONNX Runtime's package for language models, its own loop inside.

    .venv-generative/bin/python -m lessons.decode_step.genai_server PORT FOLDER    # from the course's folder

FOLDER holds a folder for each model (see `onnx_decoder`). POST /answer takes an `Ask`, and its events are those of
`stream_server`, as are GET /settled and /begun. POST /costs takes a `Costs` and answers with the tokens and with CPU
seconds, of this process; ask for it while nothing else is decoded. Neither torch nor the library of the course is here,
so nothing of them may be imported.
"""

import asyncio
import contextlib
import os
import sys
import traceback
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from lessons.decode_step.costs import costs_of
from lessons.decode_step.stream_server import as_events


class Ask(BaseModel):
    """A request: the likeliest `tokens` tokens after `prompt`."""

    name: str
    model: str
    prompt: list[int]
    tokens: int
    notify: bool = True
    """Whether the runtime is told when the reader has left."""


class Costs(BaseModel):
    """What shall be decoded and timed."""

    model: str
    prompt: list[int]
    tokens: int


class Token(NamedTuple):
    """A token and the step of the runtime that made it."""

    token: int
    step: int


@dataclass(eq=False)
class Turn:
    """An answer that was asked of the runtime; `request` and `number` are the runtime's names for it."""

    ask: Ask
    asked_step: int
    request: Any = None
    number: int = 0
    first_step: int = 0
    last_step: int = 0
    decoded: int = 0
    ended: bool = False
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    unsent: asyncio.Queue[Token | None] = field(default_factory=asyncio.Queue)

    def record(self) -> dict[str, int]:
        """The steps at which it was asked for, began and ended, and how many tokens were decoded for it."""
        steps = {"asked": self.asked_step, "first": self.first_step, "last": self.last_step}
        return {**steps, "decoded": self.decoded}


class Engine:
    """The runtime's own engine for one model, in the one thread that may call it; what is asked of it waits for a step.

    Attributes: `step`, how many steps were taken; `turns`, the last one of each name.
    """

    def __init__(self, model: Any) -> None:
        self.step, self.turns = 0, dict[str, Turn]()
        self._model, self._thread = model, ThreadPoolExecutor(1)
        self._running, self._asked = list[Turn](), deque[Callable[[], object]]()
        self._news, self._rests = asyncio.Event(), asyncio.Event()

    def submit(self, ask: Ask) -> Turn:
        """Asks the runtime for an answer, before its next step."""
        turn = self.turns[ask.name] = Turn(ask, self.step)
        self._do(partial(self._begin, turn))
        return turn

    def cancel(self, turn: Turn) -> None:
        """Tells the runtime to end an answer, before its next step; does nothing where it has ended."""
        if not turn.ended:
            self._do(partial(self._stop, turn))

    async def next_token(self, turn: Turn) -> Token | None:
        """Its next token, as soon as there is one; None at its end."""
        return await turn.unsent.get()

    async def settled(self) -> None:
        """Returns once there is nothing to do."""
        await self._rests.wait()

    async def run(self) -> None:
        """Takes steps for ever. Where the runtime fails, its words are printed and the process ends."""
        in_thread = partial(asyncio.get_running_loop().run_in_executor, self._thread)
        try:
            await in_thread(self._open)
            while True:
                self._news.clear()
                events = await in_thread(self._take_step)
                for event in events or ():
                    self._hand_on(event)
                if events is None and not self._asked:
                    self._rests.set()
                    await self._news.wait()
        except Exception:
            traceback.print_exc()
            os._exit(1)  # else every reader would wait for ever

    def _do(self, what: Callable[[], object]) -> None:
        self._asked.append(what)
        self._rests.clear()
        self._news.set()

    def _open(self) -> None:
        import onnxruntime_genai as genai

        self._genai, self._engine = genai, genai.Engine(self._model)
        self._events = self._engine.create_event_buffer(64)

    def _take_step(self) -> list[Any] | None:
        """What a step brought; None where there is nothing to decode."""
        while self._asked:
            self._asked.popleft()()
        if not self._engine.has_pending_requests():
            return None
        self.step += 1
        return list(self._engine.run(self._events))

    def _begin(self, turn: Turn) -> None:
        turn.request = self._engine.create_request()
        options = self._genai.TurnOptions(turn.request)
        options.set_do_sample(False)
        options.set_max_generated_tokens(turn.ask.tokens)
        turn.number = turn.request.begin_turn(np.array(turn.ask.prompt, np.int32), options)
        self._running.append(turn)

    def _stop(self, turn: Turn) -> None:
        if not turn.ended:
            turn.request.cancel_turn(turn.number)

    def _hand_on(self, event: Any) -> None:
        turn = next(turn for turn in self._running if turn.request is event.request)
        if event.token is not None:
            turn.decoded += 1
            turn.begun.set()
            turn.first_step, turn.last_step = turn.first_step or self.step, self.step
            turn.unsent.put_nowait(Token(event.token, self.step))
        if event.finish_reason != self._genai.FinishReason.NONE:
            turn.ended = True
            turn.unsent.put_nowait(None)
            self._running.remove(turn)
            self._do(turn.request.close)


def answer(model: Any, ask: Costs) -> Iterator[int]:
    """The likeliest tokens after the prompt, by a generator of the runtime's."""
    import onnxruntime_genai as genai

    options = genai.GeneratorParams(model)
    options.set_search_options(do_sample=False, max_length=len(ask.prompt) + ask.tokens)
    generator = genai.Generator(model, options)
    generator.append_tokens(np.array(ask.prompt, np.int32))
    while not generator.is_done():
        generator.generate_next_token()
        yield int(generator.get_next_tokens()[0])


def app(folder: Path) -> FastAPI:
    """The ASGI app over the models in `folder`."""
    import onnxruntime_genai as genai

    engines, loops = dict[str, Engine](), list[asyncio.Task[None]]()
    model = cache(lambda name: genai.Model(str(folder / name)))

    def engine_of(name: str) -> Engine:
        if name not in engines:
            engines[name] = Engine(model(name))
            loops.append(asyncio.create_task(engines[name].run()))
        return engines[name]

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        for loop in loops:
            loop.cancel()

    server = FastAPI(lifespan=lifespan)
    server.get("/healthz")(lambda: "ok")

    @server.post("/answer")
    async def answer_one(ask: Ask) -> StreamingResponse:
        engine = engine_of(ask.model)
        events = as_events(engine, engine.submit(ask), ask.notify, None)
        return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    @server.get("/settled")
    async def settled() -> dict[str, dict[str, int]]:
        for engine in engines.values():
            await engine.settled()
        return {name: turn.record() for engine in engines.values() for name, turn in engine.turns.items()}

    @server.get("/begun")
    async def begun(name: str) -> None:
        await next(engine.turns[name] for engine in engines.values() if name in engine.turns).begun.wait()

    @server.post("/costs")
    def costs(ask: Costs) -> tuple[list[int], list[float]]:
        return costs_of(answer(model(ask.model), ask), ask.tokens)

    return server


def main() -> None:
    """Serves until it is ended."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    uvicorn.run(app(folder), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1)


if __name__ == "__main__":
    main()
