"""A trained encoder as the service holds it: a table of weighted word vectors, without the library that trained it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mlsd_lib.modeling.text_encoder import Encoder


@dataclass(frozen=True)
class WordVectors:
    """`vectors`, (pieces, size), each times its word's weight; `places`: the row of a word or of two letters."""

    known: frozenset[str]
    places: dict[str, int]
    vectors: np.ndarray

    @classmethod
    def of(cls, encoder: "Encoder") -> "WordVectors":
        """The table of a trained encoder; it gives the same points."""
        import torch

        with torch.no_grad():
            vectors = encoder.vectors.weight * encoder.weights.exp()[:, None]
        return cls(frozenset(encoder.known), dict(encoder.places), vectors.numpy().copy())

    def encode(self, texts: Sequence[Sequence[str]]) -> np.ndarray:
        """Points of unit length, (texts, size), of texts as words."""
        summed = np.stack([self.vectors[self._ids(text)].sum(axis=0) for text in texts])
        return summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)

    def _ids(self, words: Sequence[str]) -> list[int]:
        pieces = (
            [word] if word in self.known else [word[at : at + 2] for at in range(0, len(word), 2)] for word in words
        )
        return [self.places[piece] for some in pieces for piece in some if piece in self.places]
