"""A small and a large model asked the same questions: which handwritten digit is this?

The pictures are the digits that come with scikit-learn. The small model sees a quarter of their numbers, after a short
training; the large one sees all of them.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

TRAINING, SHORT_TRAINING = 900, 200  # pictures, of 1,797


@dataclass(frozen=True)
class Answers:
    """Of each question, shape (repeats, questions): the true `digit`, whether each model is right, the small model's
    `confidence`, the probability of its likeliest answer, and the `large_margin`, by how much the large model's best
    score is above its second best.
    """

    digit: np.ndarray
    confidence: np.ndarray
    small_right: np.ndarray
    large_right: np.ndarray
    large_margin: np.ndarray

    def halves(self) -> "tuple[Answers, Answers]":
        """The first and the second half of the questions of each split."""
        parts = [np.array_split(one, 2, axis=1) for one in vars(self).values()]
        first, second = zip(*parts, strict=True)
        return Answers(*first), Answers(*second)


def ask_both(rng: np.random.Generator, repeats: int, unseen: int | None = None) -> Answers:
    """The answers of both models, trained anew in each of `repeats` splits into training and questions.

    The small model is trained without pictures of the digit `unseen`.
    """
    pixels, digits = load_digits(return_X_y=True)
    coarse = pixels.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16)
    rows = []
    for _ in range(repeats):
        order = rng.permutation(len(digits))
        train, asked = order[:TRAINING], order[TRAINING:]
        few = train[digits[train] != unseen][:SHORT_TRAINING]
        small = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)).fit(coarse[few], digits[few])
        large = SVC(C=10, gamma=0.001).fit(pixels[train], digits[train])
        chances = small.predict_proba(coarse[asked])
        said = small.classes_[chances.argmax(axis=1)]
        right = said == digits[asked], large.predict(pixels[asked]) == digits[asked]
        second, best = np.sort(large.decision_function(pixels[asked]), axis=1)[:, -2:].T
        rows.append((digits[asked], chances.max(axis=1), *right, best - second))
    return Answers(*map(np.array, zip(*rows, strict=True)))
