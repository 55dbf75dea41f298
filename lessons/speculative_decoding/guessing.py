"""Speculative decoding: a small model guesses some tokens ahead, a large one checks them all in one call.

Source: Y. Leviathan, M. Kalman and Y. Matias, Fast Inference from Transformers via Speculative Decoding (2023); C. Chen
et al., Accelerating Large Language Model Decoding with Speculative Sampling (2023).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mlsd_lib.modeling.decoder import Decoder, KeyValueCache

Leftover = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Weights to draw from after a rejection, from the probabilities of target and draft; shape (vocabulary,) each."""


@dataclass
class Written:
    """A text, prompt included, and what it took: calls of the target, tokens guessed and checked, and accepted."""

    text: list[int]
    passes: int = 0
    checked: int = 0
    accepted: int = 0


def write(
    target: Decoder, draft: Decoder, prompt: Sequence[int], new: int, length: int, rng: np.random.Generator
) -> Written:
    """`prompt` and `new` tokens drawn from `target`; `draft` guesses `length` tokens ahead, or none where it is 0."""
    run, end = Written([*prompt]), len(prompt) + new
    target_cache, draft_cache = target.new_cache(1, end), draft.new_cache(1, end)
    target(torch.tensor([run.text[:-1]]), target_cache)
    while len(run.text) < end:
        ahead = min(length, end - len(run.text) - 1)  # the target adds one token of its own
        guessed, guess_chances = _guess(draft, draft_cache, run.text, ahead, rng)
        chances = chances_of(target.logits(torch.tensor([[run.text[-1], *guessed]]), target_cache)[0])
        kept, token = verify(chances, guess_chances, guessed, rng)
        run.text += [*guessed[:kept], token]
        run.passes, run.accepted = run.passes + 1, run.accepted + kept
        run.checked += min(kept + 1, ahead)
        for cache in (target_cache, draft_cache):
            cache.lengths.clamp_(max=len(run.text) - 1)  # forget what was rejected
    return run


def excess(target: np.ndarray, draft: np.ndarray) -> np.ndarray:
    """By how much the target likes each token better than the draft does."""
    return np.maximum(target - draft, 0)


def verify(
    target: np.ndarray, draft: np.ndarray, guessed: Sequence[int], rng: np.random.Generator, leftover: Leftover = excess
) -> tuple[int, int]:
    """How many of the `guessed` tokens are kept, and the token that follows them.

    Probabilities, shape (guesses + 1, vocabulary) of the target and (guesses, vocabulary) of the draft. What comes out
    has exactly the target's distribution if `leftover` is `excess`.
    """
    for place, token in enumerate(guessed):
        if rng.random() * draft[place, token] >= target[place, token]:
            return place, draw(leftover(target[place], draft[place]), rng)
    return len(guessed), draw(target[-1], rng)


def distribution(target: np.ndarray, draft: np.ndarray, leftover: Leftover = excess) -> np.ndarray:
    """Probabilities of the next token after one guess was verified, shape (vocabulary,), computed without drawing."""
    accepted, weights = np.minimum(target, draft), leftover(target, draft)
    return accepted + (1 - accepted.sum()) * weights / max(weights.sum(), np.finfo(float).tiny)


def draw(weights: np.ndarray, rng: np.random.Generator) -> int:
    """A token, each with a chance proportional to its weight; `weights`: shape (vocabulary,)."""
    sums = weights.cumsum()
    return int(sums.searchsorted(rng.random() * sums[-1], side="right"))


def chances_of(logits: Tensor) -> np.ndarray:
    """Probabilities of the next token, float64, of the shape of `logits`."""
    return torch.softmax(logits.double(), dim=-1).numpy()


def _guess(
    draft: Decoder, cache: KeyValueCache, text: Sequence[int], length: int, rng: np.random.Generator
) -> tuple[list[int], np.ndarray]:
    guessed, chances = list[int](), []
    unread = [*text[int(cache.lengths) :]]
    for _ in range(length):
        chances.append(chances_of(draft(torch.tensor([unread]), cache)[0]))
        guessed.append(draw(chances[-1], rng))
        unread = guessed[-1:]
    return guessed, np.array(chances)
