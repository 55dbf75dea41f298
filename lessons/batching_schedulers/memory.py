"""Requests that share a memory of a fixed number of tokens: who may begin, and who has to make room, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass
class Served:
    """What came of a schedule, `rows` and `waste` as means over its steps.

    `rows`: requests in a step; `waste`: share of the memory set aside that held nothing; `preempted`: how often a
    request had to make room; `read_again`: tokens that were read a second time.
    """

    steps: int = 0
    rows: float = 0.0
    waste: float = 0.0
    preempted: int = 0
    read_again: int = 0


def serve(lengths: np.ndarray, prompt: int, memory: int, block: int, reserve: int = 0) -> Served:
    """Serve answers of `lengths` tokens, in this order, each after a prompt of `prompt` tokens; all wait at the start.

    A request gets whole blocks of `block` tokens as it grows, and `reserve` tokens from the beginning. Where a block is
    missing the request that began last makes room: it gives all of its blocks back and begins again before the others
    that wait, reading what it had written. `memory` must hold the longest request alone.
    """
    served, waiting, active = Served(), list(range(len(lengths)))[::-1], dict[int, int]()  # request: tokens held
    written = np.zeros(len(lengths), dtype=int)

    def blocks(tokens: int) -> int:
        return -(-max(tokens, reserve) // block)

    def used() -> int:
        return sum(blocks(tokens) for tokens in active.values())

    while waiting or active:
        while waiting and used() + blocks(prompt + written[waiting[-1]] + 1) <= memory // block:
            request = waiting.pop()
            active[request] = prompt + written[request]
            served.read_again += prompt + written[request] if written[request] else 0
        while sum(blocks(tokens + 1) for tokens in active.values()) > memory // block:
            request, _ = active.popitem()
            waiting.append(request)
            served.preempted += 1
        for request in list(active):
            active[request] += 1
            written[request] += 1
        served.steps, served.rows = served.steps + 1, served.rows + len(active)
        served.waste += 1 - sum(active.values()) / (used() * block)
        active = {request: tokens for request, tokens in active.items() if written[request] < lengths[request]}
    served.rows, served.waste = served.rows / served.steps, served.waste / served.steps
    return served


def by_policy(lengths: np.ndarray, prompt: int, memory: int, policies: Mapping[str, tuple[int, int]]) -> pd.DataFrame:
    """What came of each of the `policies`, a row each, which are pairs of `block` and `reserve` as for `serve`.

    Tokens that were read again are given as a share of all tokens.
    """
    served = {name: serve(lengths, prompt, memory, block, reserve) for name, (block, reserve) in policies.items()}
    tokens = prompt * len(lengths) + lengths.sum()
    return pd.DataFrame(
        {
            "steps": {name: run.steps for name, run in served.items()},
            "rows in a step": {name: run.rows for name, run in served.items()},
            "empty share": {name: run.waste for name, run in served.items()},
            "preempted": {name: run.preempted for name, run in served.items()},
            "read again": {name: run.read_again / tokens for name, run in served.items()},
        }
    )
