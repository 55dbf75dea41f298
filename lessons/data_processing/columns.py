"""From a table's columns to a model's, and to its scores: each helper learns from the rows to learn from, no others."""

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from mlsd_lib.modeling.small_trees import small_trees

NARROW = 1_000
"""Up to so many columns a linear model is fitted by direct solves."""


def one_hot(values: Any, learn: np.ndarray) -> sparse.csr_array:
    """A sparse column of ones for each value that occurs in the rows marked by `learn`; a new value gets none."""
    code, names = pd.factorize(np.asarray(values, dtype=object), use_na_sentinel=False)
    known = np.unique(code[learn])
    column = np.full(len(names), -1)
    column[known[np.argsort(names[known].astype(str))]] = np.arange(len(known))  # in the order of the values as texts
    place = column[code]
    rows = np.flatnonzero(place >= 0)
    return sparse.csr_array((np.ones(len(rows)), (rows, place[rows])), shape=(len(code), len(known)))


def scaled(values: Any, learn: np.ndarray) -> np.ndarray:
    """Columns with mean 0 and deviation 1 in the rows marked by `learn`; what is missing stays missing."""
    columns = np.asarray(values, dtype=float).reshape(len(learn), -1)
    return (columns - np.nanmean(columns[learn], axis=0)) / np.nanstd(columns[learn], axis=0)


def hashed(values: Any, buckets: int) -> sparse.csr_array:
    """A sparse matrix, (n, buckets), with a one in the bucket of each value: its CRC32 modulo `buckets`."""
    codes, names = pd.factorize(np.asarray(values, dtype=object).astype(str))
    bucket = np.array([zlib.crc32(name.encode()) % buckets for name in names])[codes]
    return sparse.csr_array((np.ones(len(codes)), (np.arange(len(codes)), bucket)), shape=(len(codes), buckets))


def linear_fit(
    blocks: Sequence[Any], truth: np.ndarray, learn: np.ndarray
) -> Callable[[Sequence[Any], np.ndarray], np.ndarray]:
    """A logistic regression that learned from the rows marked by `learn`: from blocks and marked rows to their scores.

    `blocks`: matrices of n rows, dense or sparse; `truth`, `learn`: (n,) booleans.
    """
    model = _fitted(stacked(blocks)[learn], truth[learn])
    return lambda others, judged: np.asarray(model.decision_function(stacked(others)[judged]))


def linear_scores(blocks: Sequence[Any], truth: np.ndarray, learn: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Scores of the rows marked by `judged`, (n,) booleans too, by `linear_fit` of the same blocks."""
    table = stacked(blocks)
    return np.asarray(_fitted(table[learn], truth[learn]).decision_function(table[judged]))


def stacked(blocks: Sequence[Any]) -> sparse.csr_array:
    """One sparse matrix of all the columns of `blocks`, matrices of n rows, dense or sparse."""
    return sparse.hstack([sparse.csr_array(block) for block in blocks]).tocsr()


def _fitted(table: sparse.csr_array, truth: np.ndarray) -> LogisticRegression:
    # Rare names make the loss steep in few columns and flat in many: Newton's steps need a tenth of L-BFGS's passes.
    # Where a matrix of columns by columns is small, solving for a step directly takes a third of the time.
    solver = "newton-cholesky" if table.shape[1] <= NARROW else "newton-cg"
    return LogisticRegression(C=0.1, solver=solver, tol=1e-6).fit(table, truth)


def tree_scores(
    columns: Sequence[Any], truth: np.ndarray, learn: np.ndarray, judged: np.ndarray, seed: int
) -> np.ndarray:
    """As `linear_scores`, by boosted trees and of plain columns, (n,) each."""
    table = np.column_stack(columns)
    model = small_trees(40, seed, leaves=16).fit(table[learn], truth[learn])
    return np.asarray(model.predict_proba(table[judged])[:, 1])
