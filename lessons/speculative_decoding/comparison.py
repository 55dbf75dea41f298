"""Two models held against each other: token by token, by what their loops cost, and by what a rule lets out."""

import time
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from scipy.stats import chisquare

from lessons.speculative_decoding.guessing import Leftover, draw, verify, write
from mlsd_lib.lesson import quickest_s
from mlsd_lib.modeling.decoder import Decoder


def overlap(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The chance that a guess drawn from `q` is accepted by `p`, over the last axis, that of the vocabulary."""
    return np.minimum(p, q).sum(axis=-1)


def agreement(p: np.ndarray, q: np.ndarray, kinds: np.ndarray) -> pd.DataFrame:
    """By kind of token, the most certain first: acceptance where tokens are "drawn", where the "likeliest" is taken,
    both in %, and the uncertainty of `p` in "bits".

    `p`, `q`: probabilities at each place, shape (places, vocabulary); `kinds`: of the tokens that come there.
    """
    places = pd.DataFrame(
        {
            "drawn": 100 * overlap(p, q),
            "likeliest": 100.0 * (p.argmax(axis=-1) == q.argmax(axis=-1)),
            "bits": -(p * np.log2(np.maximum(p, np.finfo(float).tiny))).sum(axis=-1),
        }
    )
    return places.groupby(kinds).mean().sort_values("bits")


def in_turn(
    loops: Mapping[Hashable, tuple[Decoder, Decoder, int]],
    beginnings: Sequence[Sequence[int]],
    new: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """The columns "cpu_s" and "passes" of each of `loops`, summed over the texts that are written behind `beginnings`.

    A loop is a target, a draft and a number of tokens guessed ahead. All loops take each beginning in turn, so that a
    slow minute of the machine meets all of them.
    """
    table = pd.DataFrame({"cpu_s": 0.0, "passes": 0}, index=pd.MultiIndex.from_tuples(loops))
    for beginning in beginnings:
        for name, (target, draft, length) in loops.items():
            before_s = time.process_time()
            run = write(target, draft, beginning, new, length, rng)
            table.loc[name, "cpu_s"] += time.process_time() - before_s
            table.loc[name, "passes"] += run.passes
    return table


def cost_of(model: Decoder, rows: int, new: int, context: int = 48) -> float:
    """CPU seconds of the quickest call of `model` with `new` tokens a row, behind `context` tokens that were read."""
    cache, tokens = model.new_cache(rows, context + new), torch.zeros(rows, new, dtype=torch.long)

    def read() -> None:
        cache.lengths.fill_(context)  # what lies there is zeros: the time does not depend on it
        model.logits(tokens, cache)

    return quickest_s(read, 0.03, time.process_time)


def moved(p: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The total variation distance of two distributions in tokens of 100, over the last axis."""
    return 50 * np.abs(p - other).sum(axis=-1)


def tokens_drawn(p: np.ndarray, q: np.ndarray, rule: Leftover, count: int, rng: np.random.Generator) -> np.ndarray:
    """How often each token came out in `count` guesses that were verified by `rule`, shape (vocabulary,)."""
    drawn = np.zeros(len(p))
    for _ in range(count):
        guess = draw(q, rng)
        kept, token = verify(np.array([p, p]), q[None], [guess], rng, rule)
        drawn[guess if kept else token] += 1
    return drawn


def p_value(drawn: np.ndarray, p: np.ndarray) -> float:
    """Of the chi-squared test that the counts `drawn` come from `p`; tokens expected under five times are one class."""
    expected = p * drawn.sum()
    own = expected >= 5
    classes = [one if own.all() else np.append(one[own], one[~own].sum()) for one in (drawn, expected)]
    return float(chisquare(*classes).pvalue)
