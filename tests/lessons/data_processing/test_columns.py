"""Columns learn from the rows to learn from alone."""

import subprocess
import sys

import numpy as np

from lessons.data_processing.columns import hashed, linear_fit, linear_scores, one_hot, scaled, tree_scores

LEARN = np.array([True, True, True, False])


def test_a_value_that_only_the_judged_rows_have_gets_no_column():
    assert one_hot(["a", "b", "a", "c"], LEARN).toarray().tolist() == [[1, 0], [0, 1], [1, 0], [0, 0]]


def test_the_columns_come_in_the_order_of_the_values_as_texts_whoever_comes_first():
    learn = np.array([True] * 4)
    assert one_hot([10, 9, 10, 2], learn).toarray().tolist() == [[1, 0, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert one_hot(["b", np.nan, "a", "b"], learn).toarray().argmax(axis=1).tolist() == [1, 2, 0, 1]


def test_scaling_does_not_look_at_the_judged_rows_and_leaves_gaps_open():
    assert scaled([1.0, 3.0, np.nan, 1e9], LEARN)[:, 0].tolist()[:2] == [-1, 1]
    assert np.isnan(scaled([1.0, 3.0, np.nan, 1e9], LEARN)[2, 0])


def test_a_bucket_is_the_same_in_every_process():
    code = "from lessons.data_processing.columns import hashed; print(hashed(['apple', 'pear'], 97).indices.tolist())"
    told = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        for _ in range(2)
    }
    assert told == {str(hashed(["apple", "pear"], 97).indices.tolist())}


def test_scores_order_rows_that_differ_as_the_ones_learned_from():
    rng = np.random.default_rng(0)
    column, learn = rng.normal(size=(400, 1)), np.arange(400) < 300
    score = linear_scores([column, one_hot(["x"] * 400, learn)], column[:, 0] > 0, learn, ~learn)
    assert (np.argsort(score) == np.argsort(column[~learn, 0])).all()


def test_what_was_learned_judges_other_columns_as_they_are():
    rng = np.random.default_rng(0)
    column, learn = rng.normal(size=(400, 1)), np.arange(400) < 300
    judged = linear_fit([column], column[:, 0] > 0, learn)
    assert (judged([column], ~learn) == linear_scores([column], column[:, 0] > 0, learn, ~learn)).all()
    assert (np.argsort(judged([-column], ~learn)) == np.argsort(-column[~learn, 0])).all()


def test_trees_learn_the_truth_of_the_rows_to_learn_from_alone():
    rng = np.random.default_rng(0)
    columns, learn = [rng.normal(size=400), rng.normal(size=400)], np.arange(400) < 300
    truth = columns[0] > 0
    score = tree_scores(columns, truth, learn, ~learn, 0)
    turned_where_judged = np.where(learn, truth, ~truth)
    assert ((score > 0.5) == truth[~learn]).mean() > 0.95
    assert (score == tree_scores(columns, turned_where_judged, learn, ~learn, 0)).all()
