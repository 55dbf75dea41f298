"""The index: documents as they were valid at one moment, searched by words (BM25) and by a trained encoder.

S. Robertson and H. Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009, here by bm25s.
"""

from typing import Literal

import bm25s
import numpy as np
import pandas as pd

from case_studies.assistant.features import Found, telling, words_of
from case_studies.assistant.support_desk import DEALERS, EVERYBODY
from case_studies.assistant.word_vectors import WordVectors

FETCHED = 5
"""Passages that a search returns where rights are applied to its result."""
Rights = Literal["before", "after", "never"]


class Index:
    """`documents`: a version each, as `documents_at` gives them; a search reads those only that who asks may read."""

    def __init__(self, documents: pd.DataFrame, vectors: WordVectors):
        self.documents = documents
        self._words = [words_of(text) for text in documents["text"]]
        self._sets = [frozenset(words) for words in self._words]
        self._bm25 = bm25s.BM25()
        self._bm25.index(self._words, show_progress=False)
        self._vectors, self._points = vectors, vectors.encode(self._words)
        self._ids, self._readers = documents["document_id"].to_numpy(), documents["readers"].to_numpy()
        self._versions_us = documents["valid_from"].to_numpy().astype("datetime64[us]").astype(np.int64)
        self._texts = documents["text"].tolist()
        self._row = {int(number): row for row, number in enumerate(self._ids)}

    def may_read(self, document_id: int, customer_id: int, dealer: bool) -> bool:
        """Whether a customer may read a document; nobody reads one that the index does not know."""
        row = self._row.get(document_id)
        return row is not None and bool(self._allowed(customer_id, dealer)[row])

    def text_of(self, document_id: int) -> str:
        """The version of a document that the index has."""
        return self._texts[self._row[document_id]]

    def find(self, text: str, customer_id: int, dealer: bool, encoder: bool, rights: Rights = "before") -> Found:
        """The best passage, by words alone or with the encoder.

        `rights`: applied before the search, to the five passages of its result, or not at all; the last two are there
        to be compared. Where nothing is left of the five, the first of all that may be read is taken.
        """
        words = words_of(text)
        allowed = self._allowed(customer_id, dealer)
        read = allowed if rights == "before" else np.ones(len(allowed), dtype=bool)
        by_words = np.asarray(self._bm25.get_scores(words) if words else np.zeros(len(read)), dtype=float)
        likeness = self._points @ self._vectors.encode([words])[0] if encoder else np.zeros(len(read))
        score = np.where(read, _in_deviations(by_words, read) + _in_deviations(likeness, read), -np.inf)
        first = np.argsort(-score, kind="stable")[:FETCHED]
        kept = first[allowed[first]] if rights == "after" else first
        best = int(kept[0] if len(kept) else np.flatnonzero(allowed)[0])
        lead = score[best] - score[first[1] if best == first[0] else first[0]]
        asked = telling(words)
        numbers = [word for word in asked if any(letter.isdigit() for letter in word)]
        held = self._sets[best]
        judged = (by_words[best], likeness[best], lead, _share(asked, held), _share(numbers, held), len(asked))
        version = int(self._versions_us[best])
        return Found(int(self._ids[best]), version, self._texts[best], tuple(map(float, judged)), int(encoder))

    def _allowed(self, customer_id: int, dealer: bool) -> np.ndarray:
        allowed = (self._readers == EVERYBODY) | (self._readers == customer_id)
        return allowed | (self._readers == DEALERS) if dealer else allowed


def _in_deviations(score: np.ndarray, read: np.ndarray) -> np.ndarray:
    """Scores in standard deviations of those that are read, so that two searches can be added."""
    return (score - score[read].mean()) / (score[read].std() + 1e-12)


def _share(words: list[str], held: frozenset[str]) -> float:
    return sum(word in held for word in words) / len(words) if words else 1.0
