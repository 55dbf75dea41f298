"""A small text encoder, trained on pairs of question and passage: both become points of one space."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

SHARPNESS = 20.0
"""What cosines are multiplied by before the softmax of the loss."""


class Encoder(nn.Module):
    """The weighted sum of a text's word vectors, brought to length 1.

    A word of `known` has a vector; others are cut into pieces of two letters, as subword tokenizers cut what is rare.
    """

    def __init__(self, known: Iterable[str], size: int, generator: torch.Generator) -> None:
        super().__init__()
        self.known = set(known)
        self.places: dict[str, int] = {word: place for place, word in enumerate(sorted(self.known))}
        letters = "abcdefghijklmnopqrstuvwxyz0123456789"
        for piece in [*letters, *(a + b for a in letters for b in letters)]:
            self.places.setdefault(piece, len(self.places))
        self.vectors = nn.EmbeddingBag(len(self.places), size, mode="sum")
        nn.init.normal_(self.vectors.weight, std=0.1, generator=generator)
        self.weights = nn.Parameter(torch.zeros(len(self.places)))

    def pieces(self, word: str) -> list[str]:
        return [word] if word in self.known else [word[at : at + 2] for at in range(0, len(word), 2)]

    def ids(self, words: Iterable[str]) -> list[int]:
        return [self.places[piece] for word in words for piece in self.pieces(word)]

    def forward(self, texts: Sequence[Sequence[int]]) -> torch.Tensor:
        """Points of unit length, (texts, size), of texts as ids."""
        flat = torch.tensor([token for text in texts for token in text])
        starts = torch.tensor([0, *(len(text) for text in texts[:-1])]).cumsum(0)
        summed = self.vectors(flat, starts, per_sample_weights=self.weights[flat].exp())
        return functional.normalize(summed, dim=1)

    def encode(self, texts: Sequence[Sequence[str]]) -> np.ndarray:
        """Points of unit length, (texts, size), float32, of texts as words."""
        with torch.no_grad():
            return self([self.ids(text) for text in texts]).numpy()

    def nearest_words(self, point: np.ndarray, count: int) -> list[str]:
        """The known words that point most in the direction of `point`, (size,), the first one most."""
        words = sorted(self.known)
        places = torch.tensor([self.places[word] for word in words])
        with torch.no_grad():
            pulls = self.vectors.weight[places] @ torch.from_numpy(point) * self.weights[places].exp()
        return [words[place] for place in pulls.argsort(descending=True)[:count]]


def trained(
    rng: np.random.Generator,
    passages: Sequence[Sequence[str]],
    ask: Callable[[int], Sequence[str]],
    steps: int,
    batch: int = 128,
    size: int = 96,
) -> Encoder:
    """An encoder trained to find passage i for the question `ask(i)` among the others of its batch.

    The loss is the cross-entropy over the batch's passages (in-batch negatives: V. Karpukhin and others, Dense Passage
    Retrieval for Open-Domain Question Answering, 2020). Words that come at least twice are known.
    """
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    asked = [ask(int(passage)) for passage in rng.integers(len(passages), size=10 * batch)]
    counts = Counter(word for text in [*passages, *asked] for word in text)
    encoder = Encoder((word for word, count in counts.items() if count > 1), size, generator)
    as_ids = [encoder.ids(text) for text in passages]
    optimizer = torch.optim.Adam(encoder.parameters(), 5e-3)
    for _ in range(steps):
        chosen = rng.choice(len(passages), batch, replace=False)
        questions = encoder([encoder.ids(ask(int(passage))) for passage in chosen])
        found = encoder([as_ids[passage] for passage in chosen])
        loss = functional.cross_entropy(SHARPNESS * questions @ found.T, torch.arange(batch))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return encoder
