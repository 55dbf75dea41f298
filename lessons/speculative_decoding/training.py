"""Decoders that have learnt the made-up language: the target, trained once and kept, and drafts, trained in the lesson.

The command that made the stored weights, in about two CPU minutes:

    python -m lessons.speculative_decoding.training lessons/speculative_decoding/target.npz

They are kept in 16 bits.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from lessons.speculative_decoding.language import VOCABULARY, Language
from mlsd_lib.modeling.decoder import Decoder

FILE = Path(__file__).with_name("target.npz")
LENGTH = 72  # tokens of a text in training: neither model has seen a later position
ROWS = 8
TARGET_WIDTH, TARGET_LAYERS, TARGET_HEADS = 112, 8, 4
TARGET_UPDATES, TARGET_RATE = 1_600, 2e-3
WARM_UP = 20  # updates


def made_up_language() -> Language:
    """The language that the stored target has learnt."""
    return Language.drawn(np.random.default_rng(0))


def train(decoder: Decoder, language: Language, rng: np.random.Generator, updates: int, rate: float) -> list[float]:
    """Teach `decoder` the language in place, on `updates` batches of new text; the loss of each, nats a token.

    By AdamW, whose rate rises to `rate` and then falls in a straight line to nothing.
    """
    decoder.requires_grad_(requires_grad=True)
    optimiser = torch.optim.AdamW(decoder.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    shape = [min(1.0, (update + 1) / WARM_UP) * (1 - update / updates) for update in range(updates)]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda update: shape[min(update, updates - 1)])
    losses = []
    for texts in torch.from_numpy(language.texts(rng, updates * ROWS, LENGTH + 1)).split(ROWS):
        loss = cross_entropy(decoder.logits(texts[:, :-1]).flatten(0, 1), texts[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    decoder.requires_grad_(requires_grad=False)
    return losses


def new_target(rng: np.random.Generator) -> Decoder:
    """A decoder of the target's shape, its weights drawn from `rng`."""
    return Decoder(TARGET_WIDTH, TARGET_LAYERS, TARGET_HEADS, rng, VOCABULARY)


def load_target(path: Path = FILE) -> Decoder:
    """The target as it was trained."""
    target = new_target(np.random.default_rng(0))
    with np.load(path) as stored:
        target.load_state_dict({name: torch.from_numpy(stored[name].astype(np.float32)) for name in stored.files})
    return target


def main(arguments: Sequence[str]) -> None:
    if len(arguments) != 1:
        raise SystemExit("Say where the weights go: python -m lessons.speculative_decoding.training FILE")
    torch.set_num_threads(1)
    rng = np.random.default_rng(1)
    target = new_target(rng)
    losses = train(target, made_up_language(), rng, TARGET_UPDATES, TARGET_RATE)
    print(f"loss {np.mean(losses[-50:]):.3f} nats a token in the last 50 of {TARGET_UPDATES} updates")
    np.savez(arguments[0], **{name: one.numpy().astype(np.float16) for name, one in target.state_dict().items()})


if __name__ == "__main__":
    main(sys.argv[1:])
