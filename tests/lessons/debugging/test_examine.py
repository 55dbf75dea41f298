"""The checklist finds what is wrong, says what to do, leaves what it examines alone, and refuses what it cannot use."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from torch import nn

from lessons.debugging import Split, examine
from lessons.debugging.planted_bugs import Pipeline
from mlsd_lib.modeling import ModelingError


def rows(seed=0, count=400, columns=6):
    """A split that a line can learn, as four arrays."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(count, columns))
    target = (table[:, 0] + table[:, 1] + 0.3 * rng.normal(size=count) > 0).astype(int)
    half = count // 2
    return [table[:half], target[:half], table[half:], target[half:]]


def network(columns=6, outputs=2):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(columns, 16), nn.Tanh(), nn.Linear(16, outputs))


def alarms(model, split, **options):
    return [alarm.check for alarm in examine(model, split, **options).alarms]


def test_a_healthy_estimator_and_a_healthy_network_have_no_alarm():
    assert alarms(LogisticRegression(), Split(*rows())) == []
    assert alarms(network(), Split(*rows())) == []


def test_a_healthy_regression_has_no_alarm():
    table, _, other, _ = rows()
    split = Split(table, table[:, 0] + 0.5 * table[:, 1], other, other[:, 0] + 0.5 * other[:, 1])
    assert alarms(Ridge(), split) == []
    assert alarms(network(outputs=1), split) == []


def test_every_alarm_says_what_was_measured_its_rule_and_what_to_do():
    table, target, _, _ = rows()
    found = examine(LogisticRegression(), Split(table, target, table, target))
    (alarm,) = [alarm for alarm in found.alarms if alarm.check == "copies"]
    assert "100.0% of the judging rows" in alarm.measured
    assert "at most 2%" in alarm.rule
    assert "before the split" in alarm.fix
    assert alarm.fix in found._repr_html_()
    assert repr(found).startswith(f"{len(found.alarms)} alarms, ")


def test_copies_that_are_as_frequent_among_the_learning_rows_are_no_alarm():
    rng = np.random.default_rng(1)
    table = rng.integers(0, 3, (800, 4)).astype(float)
    target = (table.sum(axis=1) + rng.normal(size=800) > 4).astype(int)
    assert "copies" not in alarms(LogisticRegression(), Split(table[:400], target[:400], table[400:], target[400:]))


def test_groups_on_both_sides_and_times_out_of_order_are_found():
    table, target, other, truth = rows()
    shared = Split(
        table, target, other, truth, np.arange(200), np.arange(199, 399), np.arange(200), np.arange(100, 300)
    )
    assert alarms(LogisticRegression(), shared) == ["groups apart", "times in order"]
    apart = Split(table, target, other, truth, np.arange(200), np.arange(200, 400), np.arange(200), np.arange(200, 400))
    assert alarms(LogisticRegression(), apart) == []


def test_a_step_that_centres_what_it_is_given_is_found():
    centre = FunctionTransformer(lambda table: table - table.mean(axis=0))
    assert alarms(make_pipeline(centre, LogisticRegression()), Split(*rows())) == ["rows apart"]


def test_targets_that_have_nothing_to_do_with_the_rows_are_found():
    table, target, other, truth = rows()
    shuffled = np.random.default_rng(2).permutation(target)
    assert "beats constant" in alarms(LogisticRegression(), Split(table, shuffled, other, truth))


def test_tables_with_names_are_examined():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"shop": rng.choice(["a", "b", "c"], 400)})
    target = ((table["shop"] == "a") ^ (rng.random(400) < 0.1)).astype(int).to_numpy()
    split = Split(table[:200], target[:200], table[200:], target[200:])
    assert alarms(make_pipeline(OneHotEncoder(), LogisticRegression()), split) == []


def test_a_frozen_layer_is_found_unless_it_was_meant():
    net = network()
    net[0].requires_grad_(False)
    assert "moves" in alarms(net, Split(*rows()))
    assert "moves" not in alarms(net, Split(*rows()), frozen=["0."])


def test_neither_model_nor_rows_nor_the_state_of_randomness_change():
    net, split = network(), Split(*rows())
    before, state = copy.deepcopy((net.state_dict(), split.train_inputs)), torch.get_rng_state()
    examine(net, split)
    assert all(torch.equal(tensor, before[0][name]) for name, tensor in net.state_dict().items())
    assert np.array_equal(split.train_inputs, before[1])
    assert torch.equal(state, torch.get_rng_state())


def test_two_examinations_say_the_same():
    version = Pipeline(1)
    assert [finding.measured for finding in version.examined()] == [finding.measured for finding in version.examined()]


def test_a_loop_that_accumulates_on_purpose_has_no_alarm():
    def train(model, inputs, targets, epochs):
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        for _ in range(epochs):
            for order in torch.randperm(len(inputs)).split(32):
                optimizer.zero_grad()
                for part in order.split(16):
                    nn.functional.cross_entropy(model(inputs[part]), targets[part]).backward()
                optimizer.step()

    assert alarms(network(), Split(*rows()), train=train) == []


def broken(model, inputs, targets, epochs):
    raise RuntimeError("out of luck")


def with_gap():
    found = rows()
    found[0][3, 2] = np.nan
    return found


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: examine(LogisticRegression(), rows()), "data is list; it must be a Split"),
        (lambda: examine(LogisticRegression, Split(*rows())), "is the class LogisticRegression; it must be an object"),
        (lambda: examine(42, Split(*rows())), "model is int; it must be a torch.nn.Module or"),
        (lambda: examine(network(), Split(*rows()), train=3), "train is 3; it must be a function"),
        (lambda: examine(network(), Split(*rows()), train=broken), "train raised RuntimeError: out of luck"),
        (lambda: examine(network(columns=5), Split(*rows())), "predict raised RuntimeError"),
        (lambda: examine(network(outputs=1)[:1], Split(*with_gap())), "1 values are missing or infinite"),
        (lambda: examine(network(), Split(*(p if p.ndim > 1 else p + 1 for p in rows()))), "targets go from 1 to 2"),
        (lambda: examine(LogisticRegression(), Split(*rows()), loss=len), "belong to a torch network"),
        (lambda: examine(StandardScaler(), Split(*rows())), "model is StandardScaler"),
        (lambda: Split(*rows()[:3], rows()[3][:-1]), "valid_targets has 199 rows and valid_inputs 200"),
        (lambda: Split(*(part[:9] for part in rows())), "train_inputs has 9 rows; the checks need 20"),
        (lambda: Split(*rows(), train_groups=np.zeros(200)), "groups are given for one side only"),
        (
            lambda: Split(*(part[:, :5] if i == 2 else part for i, part in enumerate(rows()))),
            "6 columns and valid_inputs 5",
        ),
        (lambda: Split(*(np.eye(2)[p] if p.ndim == 1 else p for p in rows())), "targets have the shape (200, 2)"),
        (lambda: Split("rows", *rows()[1:]), "train_inputs is 'rows'; it must be an array"),
    ],
)
def test_what_cannot_be_examined_is_refused_with_its_name_value_rule_and_fix(call, said):
    with pytest.raises(ModelingError) as refused:
        call()
    assert said in str(refused.value)
