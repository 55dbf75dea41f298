"""What a step costs on an accelerator, by arithmetic: figures of data sheets, divided. Nothing here was measured.

The arithmetic is the roofline of S. Williams, A. Waterman and D. Patterson, Communications of the ACM 52(4), 2009.
"""

from typing import NamedTuple

import numpy as np

from lessons.serving_language_models.token_streams import Requests, StepCost


class Card(NamedTuple):
    """An accelerator's data sheet: 16-bit operations a second without sparsity, bytes a second, bytes of memory."""

    flops: float
    bytes_per_s: float
    memory_bytes: float


class LanguageModel(NamedTuple):
    """A decoder: weights, layers, heads of keys and values, the size of a head, bytes of a number."""

    weights: float
    layers: int
    kv_heads: int
    head_size: int
    number_bytes: int = 2

    @property
    def weight_bytes(self) -> float:
        """Bytes of the weights."""
        return self.weights * self.number_bytes

    @property
    def kv_bytes(self) -> int:
        """Bytes that one token keeps: a key and a value for each layer and head."""
        return 2 * self.layers * self.kv_heads * self.head_size * self.number_bytes


CARDS = {
    "L4": Card(121e12, 300e9, 24e9),
    "A100": Card(312e12, 2_039e9, 80e9),
    "H100": Card(989e12, 3_350e9, 80e9),
}
"""NVIDIA's data sheets: L4, A100 80 GB SXM, H100 SXM. Those of L4 and H100 give twice the operations, with sparsity."""
LLAMA_8B = LanguageModel(8.03e9, layers=32, kv_heads=8, head_size=128)
"""Llama 3 8B: A. Grattafiori and others, The Llama 3 Herd of Models, 2024."""


def step_cost(card: Card, model: LanguageModel, flops_share: float = 1.0, bytes_share: float = 1.0) -> StepCost:
    """The cost of a step where the card reaches these shares of its data sheet: two operations a weight and token."""
    bytes_per_s = bytes_share * card.bytes_per_s
    return StepCost(
        weights_s=model.weight_bytes / bytes_per_s,
        token_s=2 * model.weights / (flops_share * card.flops),
        context_s=model.kv_bytes / bytes_per_s,
    )


def room_tokens(card: Card, model: LanguageModel, usable: float = 0.9) -> int:
    """Tokens whose keys and values fit beside the weights into the share `usable` of the card's memory."""
    return int((usable * card.memory_bytes - model.weight_bytes) / model.kv_bytes)


def mixed_requests(rng: np.random.Generator, count: int, tenant: int = 0) -> Requests:
    """Requests of a made-up service, a Poisson process of one a second.

    15 % bring a document of 2,000 to 8,000 tokens, the others ask in some 300, at most 2,000; answers have some 200,
    at most 1,000.
    """
    long = rng.random(count) < 0.15
    document, question = rng.integers(2_000, 8_001, count), rng.lognormal(np.log(300) - 0.32, 0.8, count)
    answer = rng.lognormal(np.log(200) - 0.32, 0.8, count)
    return Requests(
        np.cumsum(rng.exponential(1.0, count)),
        np.where(long, document, np.clip(question, 10, 2_000)).astype(np.int64),
        np.clip(answer, 2, 1_000).astype(np.int64),
        np.full(count, tenant, dtype=np.int64),
    )
