"""The loop behind the streaming server: the same tokens as alone, and no step for who wants none."""

import asyncio

import numpy as np
import pytest
import torch

from lessons.decode_step.answers import answer
from lessons.decode_step.engine import Engine, Full, Stream
from mlsd_lib.modeling.decoder import Decoder
from mlsd_lib.modeling.errors import ModelingError

ROOM = 48


@pytest.fixture(scope="module")
def decoder():
    return Decoder(32, 2, 2, np.random.default_rng(0))


def run(decoder, work, slots=2):
    """What `work(engine)` returns, while the engine takes its steps."""

    async def both():
        engine = Engine(decoder, slots, ROOM)
        loop = asyncio.create_task(engine.run())
        try:
            return await asyncio.wait_for(work(engine), 60)
        finally:
            loop.cancel()

    return asyncio.run(both())


async def all_of(engine, stream):
    tokens = []
    while (token := await engine.next_token(stream)) is not None:
        tokens.append(token)
    return tokens


def prompts(count):
    rng = np.random.default_rng(1)
    return [rng.integers(0, 512, int(rng.integers(1, 12))).tolist() for _ in range(count)]


def test_streams_that_share_their_steps_get_the_tokens_that_they_get_alone(decoder):
    async def together(engine):
        streams = [
            engine.submit(Stream(f"{k}", prompt, 5 + 3 * k, ahead=3 if k % 2 else None))
            for k, prompt in enumerate(prompts(7))
        ]
        return await asyncio.gather(*(all_of(engine, stream) for stream in streams))

    for k, (prompt, tokens) in enumerate(zip(prompts(7), run(decoder, together, slots=3), strict=True)):
        alone = answer(decoder, torch.tensor([prompt]), decoder.new_cache(1, ROOM), 5 + 3 * k)
        assert [token.token for token in tokens] == alone


def test_a_cancelled_stream_takes_no_further_step_and_gives_up_its_slot(decoder):
    async def cancelled(engine):
        leaves, waits, stays = (engine.submit(Stream(name, [1, 2], 30)) for name in ("leaves", "waits", "stays"))
        await engine.next_token(leaves)
        engine.cancel(leaves)
        engine.cancel(waits)
        await all_of(engine, stays)
        await engine.until(lambda: engine.resting)
        return leaves.record(), waits.record(), stays.record()

    leaves, waits, stays = run(decoder, cancelled, slots=1)
    assert 1 <= leaves["decoded"] < 30
    assert (waits["decoded"], waits["first"]) == (0, 0)
    assert (stays["decoded"], stays["held"]) == (30, 0)


def test_a_stream_that_nobody_reads_or_cancels_is_decoded_to_its_end(decoder):
    async def unread(engine):
        stream = engine.submit(Stream("unread", [1, 2], 30))
        await engine.until(lambda: engine.resting)
        return stream.record()

    assert run(decoder, unread)["decoded"] == 30


def test_a_stream_that_waits_for_its_reader_stops_ahead_of_it_and_goes_on_when_it_reads(decoder):
    async def waits(engine):
        stream = engine.submit(Stream("waits", [1, 2], 30, ahead=4))
        await engine.until(lambda: engine.resting)
        before = stream.record()
        return before, await all_of(engine, stream)

    before, tokens = run(decoder, waits)
    assert (before["decoded"], before["unsent"], before["held"]) == (4, 4, 5)
    assert len(tokens) == 30


def test_a_stream_that_hangs_keeps_its_slot_and_others_go_on(decoder):
    async def hangs(engine):
        streams = [engine.submit(Stream(f"{k}", [1, 2], 10, hangs_after=3 if k == 0 else None)) for k in range(4)]
        await engine.until(lambda: engine.resting)
        return [stream.record() for stream in streams]

    hanging, *others = run(decoder, hangs)
    assert (hanging["decoded"], hanging["held"]) == (3, 4)
    assert [record["decoded"] for record in others] == [10, 10, 10]


def test_streams_beyond_the_limit_of_the_queue_are_refused(decoder):
    async def refused(engine):
        for k in range(5):
            engine.submit(Stream(f"{k}", [1], 4), queue_limit=3)
        with pytest.raises(Full, match="3 streams wait already"):
            engine.submit(Stream("late", [1], 4), queue_limit=3)
        return "late" in engine.streams

    assert run(decoder, refused, slots=2) is False


def test_who_leaves_the_queue_makes_room_in_it(decoder):
    async def left(engine):
        _, waits = (engine.submit(Stream(f"{k}", [1], 4), queue_limit=1) for k in range(2))
        engine.cancel(waits)
        return await all_of(engine, engine.submit(Stream("late", [1], 4), queue_limit=1))

    assert len(run(decoder, left, slots=1)) == 4


@pytest.mark.parametrize(("prompt", "tokens"), [([], 4), ([1] * 40, 9)])
def test_a_stream_without_a_prompt_or_room_is_refused(decoder, prompt, tokens):
    async def submitted(engine):
        engine.submit(Stream("wrong", prompt, tokens))

    with pytest.raises(ModelingError, match="room for 48"):
        run(decoder, submitted)


def test_wide_tokens_carry_the_logits_that_chose_them(decoder):
    async def wide(engine):
        return await all_of(engine, engine.submit(Stream("wide", [1, 2], 3, wide=True)))

    for token in run(decoder, wide):
        assert len(token.logits) == 512
        assert token.logits[token.token] == max(token.logits)
