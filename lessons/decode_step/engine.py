"""A loop that decodes several streams together, and keeps count of what it decoded for whom.

Continuous batching as in the lesson on batching: after each step ended streams leave their slot and waiting ones take
it. It knows nothing of HTTP: its caller sends the tokens, and cancels a stream that nobody reads any more.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import torch

from mlsd_lib.modeling.decoder import Decoder
from mlsd_lib.modeling.errors import ModelingError


class Token(NamedTuple):
    """What came out of a step: the token's number, the step, and all logits where the stream wanted them."""

    token: int
    step: int
    logits: tuple[float, ...] = ()


class Full(ModelingError):
    """As many streams wait as may wait."""


@dataclass(eq=False)
class Stream:
    """An answer of `tokens` tokens to `prompt`, written a token a step.

    `ahead`: it takes no step while so many of its tokens are not sent (None: it never waits for its reader).
    `hangs_after`: a fault; it takes no step after so many tokens, and does not end. Steps are those of the engine, 0
    where it did not come so far.
    """

    name: str
    prompt: list[int]
    tokens: int
    ahead: int | None = None
    hangs_after: int | None = None
    wide: bool = False
    asked_step: int = 0
    first_step: int = 0
    last_step: int = 0
    decoded: int = 0
    sent: int = 0
    row: int | None = None
    ended: bool = False
    unsent: asyncio.Queue[Token | None] = field(default_factory=asyncio.Queue)
    last_token: int = 0

    @property
    def able(self) -> bool:
        """Whether it may take a step."""
        sent_enough = self.ahead is None or self.decoded - self.sent < self.ahead
        return not self.ended and sent_enough and self.decoded != self.hangs_after

    def record(self) -> dict[str, int]:
        """What was done for it: steps, tokens decoded, tokens not sent, tokens whose keys and values it holds now."""
        held = len(self.prompt) + self.decoded - 1 if self.decoded and not self.ended else 0
        steps = {"asked": self.asked_step, "first": self.first_step, "last": self.last_step}
        return {**steps, "decoded": self.decoded, "unsent": self.decoded - self.sent, "held": held}


class Engine:
    """Decodes at most `slots` streams at a time, in a thread, on the event loop that awaits `run`.

    Each may hold `room` tokens. Attributes: `step`, how many steps were taken; `streams`, the last one of each name.
    """

    def __init__(self, decoder: Decoder, slots: int, room: int) -> None:
        self.step, self.streams = 0, dict[str, Stream]()
        self._decoder, self._cache = decoder, decoder.new_cache(slots, room)
        self._free, self._waiting, self._running = list(range(slots)), deque[Stream](), list[Stream]()
        self._news, self._changed, self._resting = asyncio.Event(), asyncio.Condition(), False

    def submit(self, stream: Stream, queue_limit: int | None = None) -> Stream:
        """Gives it a slot, or lets it wait for one. Raises `Full` where `queue_limit` streams wait already."""
        if not stream.prompt or len(stream.prompt) + stream.tokens > self._cache.room:
            raise ModelingError(
                f"{stream.name!r} has {len(stream.prompt)} tokens of prompt and {stream.tokens} of answer; a stream "
                f"needs a prompt and has room for {self._cache.room} tokens. Ask for less."
            )
        if queue_limit is not None and len(self._waiting) - len(self._free) >= queue_limit:
            raise Full(f"{queue_limit} streams wait already. Ask again later.")
        stream.asked_step = self.step
        self.streams[stream.name] = stream
        self._waiting.append(stream)
        self._news.set()
        return stream

    def cancel(self, stream: Stream) -> None:
        """Takes no further step for it; does nothing where it has ended."""
        if not stream.ended:
            self._end(stream)

    async def next_token(self, stream: Stream) -> Token | None:
        """Its next token, as soon as there is one; None at its end."""
        token = await stream.unsent.get()
        stream.sent += token is not None
        self._news.set()
        return token

    async def until(self, condition: Callable[[], bool]) -> None:
        """Returns once `condition` holds after a step, or while none can be taken."""
        async with self._changed:
            await self._changed.wait_for(condition)

    @property
    def resting(self) -> bool:
        """Whether no stream may take a step."""
        return self._resting and not self._news.is_set()

    async def run(self) -> None:
        """Takes steps for ever."""
        while True:
            self._admit()
            able = [stream for stream in self._running if stream.able]
            if able:
                self.step += 1
                tokens = await asyncio.to_thread(self._compute, able)
                for stream, token in zip(able, tokens, strict=True):
                    self._give(stream, token)
            else:
                await self._rest()
            async with self._changed:
                self._changed.notify_all()

    async def _rest(self) -> None:
        await asyncio.sleep(0)  # who has something to send does so first
        self._resting = True
        async with self._changed:
            self._changed.notify_all()
        await self._news.wait()
        self._news.clear()
        self._resting = False

    def _admit(self) -> None:
        self._free += [stream.row for stream in self._running if stream.ended and stream.row is not None]
        self._running = [stream for stream in self._running if not stream.ended]
        self._free.sort()
        while self._free and self._waiting:
            stream = self._waiting.popleft()
            stream.row = self._free.pop(0)
            self._running.append(stream)

    def _give(self, stream: Stream, token: Token) -> None:
        stream.decoded += 1
        stream.first_step, stream.last_step = stream.first_step or token.step, token.step
        stream.last_token = token.token
        if not stream.ended:
            stream.unsent.put_nowait(token)
            if stream.decoded == stream.tokens:
                self._end(stream)

    def _end(self, stream: Stream) -> None:
        stream.ended = True
        stream.unsent.put_nowait(None)
        if stream in self._waiting:
            self._waiting.remove(stream)
        self._news.set()

    def _compute(self, streams: list[Stream]) -> list[Token]:
        """The next token of each: those without one read their prompt, the others take a step together."""
        old = [stream for stream in streams if stream.decoded]
        logits = {stream: self._read_prompt(stream) for stream in streams if not stream.decoded}
        if old:
            logits |= dict(zip(old, self._step_together(old), strict=True))
        return [self._chosen(stream, logits[stream]) for stream in streams]

    def _read_prompt(self, stream: Stream) -> torch.Tensor:
        assert stream.row is not None  # it was admitted
        row = self._cache.rows(stream.row, stream.row + 1)
        row.lengths.zero_()
        return self._decoder(torch.tensor([stream.prompt]), row)[0]

    def _step_together(self, streams: list[Stream]) -> torch.Tensor:
        """Logits, shape (streams, vocabulary). Rows between theirs are computed too, and forget what they read."""
        rows = torch.tensor([stream.row for stream in streams])
        cache = self._cache.rows(0, int(rows.max()) + 1)
        lengths, tokens = cache.lengths.clone(), torch.zeros(len(cache.lengths), 1, dtype=torch.long)
        tokens[rows, 0] = torch.tensor([stream.last_token for stream in streams])
        logits = self._decoder(tokens, cache)[rows]
        lengths[rows] += 1
        cache.lengths.copy_(lengths)
        return logits

    def _chosen(self, stream: Stream, logits: torch.Tensor) -> Token:
        kept = tuple(round(number, 5) for number in logits.tolist()) if stream.wide else ()
        return Token(int(logits.argmax()), self.step, kept)
