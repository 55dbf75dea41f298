"""Each planted bug is found by the check that it was planted for, or by none, as the lesson says."""

import pytest
import torch

from lessons.debugging.healthy import Healthy, estimator, main, network
from lessons.debugging.planted_bugs import BUGS, Pipeline, moved

FOUND_BY = {
    "judged rows learned": "copies",
    "judged rows scaled alone": "scaled alone",
    "judged and served, scaled otherwise": "same columns",
    "labels one row off, from row 700": "neighbours",
    "learning labels redrawn": "neighbours",
    "the answer in a column": "tells all",
    "softmax before the loss": "logits",
    "ReLU after the last layer": "logits",
    "last layer 20 times too wide": "start",
    "sigmoids, six deep": "reaches",
    "dead units": "dead units",
    "first layer left out": "moves",
    "rows mixed by a reshape": "rows apart",
    "centred by the batch": "rows apart",
    "gradients never cleared": "fresh gradients",
    "step 50 times too long": "step size",
    "step far too short": "one batch",
    "dropout while predicting": "same twice",
    "sorted, never shuffled": "mixed batches",
    "first batches only": "rows seen",
    "scales in place while predicting": "same twice",
}


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_found_by_its_check(name):
    found = [alarm.check for alarm in BUGS[name](3).examined().alarms]
    assert FOUND_BY[name] in found if name in FOUND_BY else found == []


def test_the_healthy_version_has_no_alarm_and_serves_what_it_reports():
    version = Pipeline(3)
    assert version.examined().alarms == ()
    reached = version.accuracies()
    assert min(reached) > 0.9
    assert abs(reached.reported - reached.live) < 0.05


def test_the_answer_in_a_column_is_reported_and_not_served():
    reached = BUGS["the answer in a column"](3).accuracies()
    assert reached.reported - reached.live > 0.05


def test_a_moved_image_keeps_what_stays_inside():
    torch.manual_seed(0)
    image = torch.full((1, 64), -0.5)
    image[0, 27] = 0.5  # row 3, column 3
    places = {int(moved(image).argmax()) for _ in range(200)}
    assert places == {18, 19, 20, 26, 27, 28, 34, 35, 36}


@pytest.mark.parametrize("draw", [network, estimator])
@pytest.mark.parametrize("seed", range(30_000, 30_004))
def test_a_healthy_model_has_no_alarm(draw, seed):
    assert draw(seed).examined().alarms == ()


def test_the_command_counts_alarms_and_leaves_out_what_diverges(capsys, monkeypatch):
    healthy = network(30_000)

    def too_long(model, inputs, targets, epochs):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter *= float("inf")

    def idle(model, inputs, targets, epochs):
        pass

    kinds = [healthy, Healthy("diverging", *healthy[1:3], too_long), Healthy("idle", *healthy[1:3], idle)]
    monkeypatch.setattr("lessons.debugging.healthy.network", lambda seed: kinds[seed])
    assert main(["--networks", "3", "--estimators", "0", "--first-seed", "0"]) == 1
    said = capsys.readouterr().out
    assert "networks 1 (diverging): diverges" in said
    assert "1 of 2 healthy networks have an alarm" in said
