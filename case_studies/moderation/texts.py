"""A model of texts: words, pairs of words and pieces of words, with or without numbers beside them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlsd_lib.modeling import ModelingError

Texts = Sequence[str] | np.ndarray
NUMBERS_SCALE = 0.3
"""How large a standardised number stands beside a text, whose words have a length of 1 in all."""


class TextModel:
    """TF-IDF of words and, with `pieces`, of three and four letters in a row, under a logistic regression.

    `balanced`: every class counts alike, however rare. `strength`: the larger, the closer the fit.
    """

    def __init__(self, pieces: bool = True, balanced: bool = False, strength: float = 10.0):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        common = {"min_df": 2, "sublinear_tf": True, "dtype": np.float32}
        self.readers = [TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]", **common)]
        if pieces:
            self.readers.append(TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), **common))
        weight = "balanced" if balanced else None
        self.model = LogisticRegression(C=strength, max_iter=300, tol=1e-3, class_weight=weight)
        self.center, self.scale = np.zeros(0), np.ones(0)

    def fit(
        self, texts: Texts, label: np.ndarray, numbers: np.ndarray | None = None, weight: np.ndarray | None = None
    ) -> "TextModel":
        """Learns from texts (n,), labels (n,), and if given numbers (n, columns) and weights (n,)."""
        if numbers is not None:
            self.center, self.scale = numbers.mean(axis=0), numbers.std(axis=0) + 1e-9
        try:
            parts = [reader.fit_transform(texts) for reader in self.readers]
        except ValueError:
            raise ModelingError(f"No word occurs in two of {len(texts):,} texts to learn from. Give more.") from None
        self.model.fit(self._matrix(parts, numbers), label, sample_weight=weight)
        return self

    def probability(self, texts: Texts, numbers: np.ndarray | None = None) -> np.ndarray:
        """The probability of each class of `classes_`, (n, classes)."""
        return self.model.predict_proba(self._matrix([reader.transform(texts) for reader in self.readers], numbers))

    def predict(self, texts: Texts, numbers: np.ndarray | None = None) -> np.ndarray:
        """The most likely class of each text, (n,)."""
        return self.classes_[self.probability(texts, numbers).argmax(axis=1)]

    @property
    def classes_(self) -> np.ndarray:
        return self.model.classes_

    def _matrix(self, parts: list[Any], numbers: np.ndarray | None) -> Any:
        from scipy import sparse

        if numbers is not None:
            parts = [*parts, sparse.csr_matrix(NUMBERS_SCALE * (numbers - self.center) / self.scale)]
        return sparse.hstack(parts, format="csr")
