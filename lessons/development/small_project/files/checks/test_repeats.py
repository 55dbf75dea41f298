"""Tests that the same things give the same model: the table is the one that was agreed on, and training repeats."""

import pandas as pd
from train import DATA, HERE, digest, train


def test_the_table_is_the_one_that_is_written_down():
    assert digest() == (HERE / "payments.lock").read_text()


def test_two_trainings_are_one():
    payments = pd.read_csv(DATA)
    assert train(payments)[1] == train(payments)[1]
