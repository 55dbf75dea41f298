"""Scores of passages for questions, ways to join two rankings, and how often the right passage is among the first."""

from collections.abc import Sequence

import bm25s
import numpy as np


def bm25_scores(passages: Sequence[Sequence[str]], questions: Sequence[Sequence[str]]) -> np.ndarray:
    """BM25's score of each passage for each question, (questions, passages), float32; a text is a list of words.

    S. Robertson and H. Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009; here by bm25s.
    """
    index = bm25s.BM25()
    index.index([list(text) for text in passages], show_progress=False)
    return np.stack([index.get_scores(list(words)) for words in questions])


def recall(scores: np.ndarray, targets: np.ndarray, first: int) -> float:
    """The share of questions whose right passage is among the first so many, if equal scores come in random order."""
    own = scores[np.arange(len(targets)), targets][:, None]
    better, equal = (scores > own).sum(1), (scores == own).sum(1)
    return float(np.clip((first - better) / equal, 0, 1).mean())


def reciprocal_rank_fusion(*scores: np.ndarray, constant: int = 60) -> np.ndarray:
    """The sum over rankings of 1 / (constant + place), (questions, passages).

    G. Cormack, C. Clarke and S. Buettcher, Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning
    Methods, SIGIR 2009.
    """
    places = [1 + np.argsort(np.argsort(-score, axis=1, kind="stable"), axis=1) for score in scores]
    return np.sum([1 / (constant + place) for place in places], axis=0)


def score_mixture(*scores: np.ndarray) -> np.ndarray:
    """The sum of scores in standard deviations of their question, (questions, passages)."""
    alike = [(score - score.mean(1, keepdims=True)) / (score.std(1, keepdims=True) + 1e-12) for score in scores]
    return np.sum(alike, axis=0)
