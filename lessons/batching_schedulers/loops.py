"""Three loops that write answers with a decoder, a batch at a time, and count what they do.

All take the same requests in the same order and read a prompt before they write; what differs is who steps together.
`prompts`: shape (requests, tokens). `lengths`: tokens of each answer, shape (requests,), of which the first comes from
reading the prompt. `slots`: requests that step together at most.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mlsd_lib.modeling.decoder import Decoder, KeyValueCache


@dataclass
class Run:
    """What a loop did: the tokens of each answer, decode steps, calls that read prompts, rows added over all steps."""

    answers: list[list[int]]
    steps: int = 0
    prefills: int = 0
    rows: int = 0

    def note(self, requests: Sequence[int], tokens: Tensor, lengths: np.ndarray) -> None:
        """Append to the answers of `requests` their `tokens`, shape (requests, 1), where they are not complete."""
        for request, token in zip(requests, tokens[:, 0].tolist(), strict=True):
            if len(self.answers[request]) < lengths[request]:
                self.answers[request].append(token)

    def has_ended(self, request: int, lengths: np.ndarray) -> bool:
        """Whether the answer to `request` is complete."""
        return len(self.answers[request]) == lengths[request]


def static(decoder: Decoder, prompts: Tensor, lengths: np.ndarray, slots: int) -> Run:
    """`slots` requests begin together, and the next ones when the last of them has ended."""
    run = Run([[] for _ in lengths])
    for first in range(0, len(lengths), slots):
        group = range(first, min(first + slots, len(lengths)))
        longest = int(lengths[first : first + slots].max())
        cache = decoder.new_cache(len(group), prompts.shape[1] + longest)
        token = _likeliest(decoder(prompts[first : first + slots], cache))
        run.prefills += 1
        run.note(group, token, lengths)
        for _ in range(longest - 1):
            token = _likeliest(decoder(token, cache))
            run.steps, run.rows = run.steps + 1, run.rows + len(group)
            run.note(group, token, lengths)
    return run


def continuous(decoder: Decoder, prompts: Tensor, lengths: np.ndarray, slots: int) -> Run:
    """A request takes the place of one that has ended at the next step, in one cache whose rows in use lie together."""
    run, waiting, active = Run([[] for _ in lengths]), deque(range(len(lengths))), list[int]()
    cache = decoder.new_cache(slots, prompts.shape[1] + int(lengths.max()))
    token = torch.zeros(slots, 1, dtype=torch.long)
    while waiting or active:
        first = len(active)
        active += [waiting.popleft() for _ in range(min(slots - first, len(waiting)))]
        if len(active) > first:
            fresh = cache.rows(first, len(active))
            fresh.lengths.fill_(0)
            token[first : len(active)] = _likeliest(decoder(prompts[active[first:]], fresh))
            run.prefills += 1
            run.note(active[first:], token[first : len(active)], lengths)
            _leave(run, active, cache, token, lengths)
        if active:
            used = len(active)
            token[:used] = _likeliest(decoder(token[:used], cache.rows(0, used)))
            run.steps, run.rows = run.steps + 1, run.rows + used
            run.note(active, token[:used], lengths)
            _leave(run, active, cache, token, lengths)
    return run


def _leave(run: Run, active: list[int], cache: KeyValueCache, token: Tensor, lengths: np.ndarray) -> None:
    """Take out who has ended; the last row moves into the gap."""
    for row in reversed(range(len(active))):
        if run.has_ended(active[row], lengths):
            last = len(active) - 1
            if row < last:
                cache.copy_row(last, row)
                token[row], active[row] = token[last], active[last]
            active.pop()


def with_own_caches(decoder: Decoder, prompts: Tensor, lengths: np.ndarray, slots: int) -> Run:
    """The steps of `continuous`, with a cache a request: they are stacked into one before each step."""
    run, waiting = Run([[] for _ in lengths]), deque(range(len(lengths)))
    active: dict[int, tuple[Tensor, KeyValueCache]] = {}
    while waiting or active:
        while waiting and len(active) < slots:
            request = waiting.popleft()
            own = decoder.new_cache(1, prompts.shape[1])
            active[request] = _likeliest(decoder(prompts[request : request + 1], own)), own
            run.prefills += 1
            run.note([request], active[request][0], lengths)
        if active:
            tokens, caches = zip(*active.values(), strict=True)
            stacked = _stacked(decoder, caches)
            token = _likeliest(decoder(torch.cat(tokens), stacked))
            run.steps, run.rows = run.steps + 1, run.rows + len(active)
            run.note(list(active), token, lengths)
            parts = [(token[row : row + 1], stacked.rows(row, row + 1)) for row in range(len(active))]
            active = {n: part for n, part in zip(active, parts, strict=True) if not run.has_ended(n, lengths)}
    return run


def _stacked(decoder: Decoder, caches: Sequence[KeyValueCache]) -> KeyValueCache:
    longest = max(int(cache.lengths) for cache in caches)
    stacked = decoder.new_cache(len(caches), longest + 1)
    for row, cache in enumerate(caches):
        length = int(cache.lengths)
        stacked.keys[:, row, :, :length] = cache.keys[:, 0, :, :length]
        stacked.values[:, row, :, :length] = cache.values[:, 0, :, :length]
        stacked.lengths[row] = length
    return stacked


def _likeliest(logits: Tensor) -> Tensor:
    return logits.argmax(dim=1, keepdim=True)
