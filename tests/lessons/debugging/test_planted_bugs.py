"""The healthy pipeline serves what it reports, and each bug changes one function; the lesson's checks find them."""

import pytest
import torch

from lessons.debugging.planted_bugs import BUGS, Pipeline, moved


def test_the_healthy_version_serves_what_it_reports():
    reached = Pipeline(3).accuracies()
    assert min(reached) > 0.9
    assert abs(reached.reported - reached.live) < 0.05


@pytest.mark.parametrize("name", ["the answer in a column", "centred by the batch", "served, scaled otherwise"])
def test_a_bug_that_the_service_meets_is_reported_as_if_it_were_not_there(name):
    reached = BUGS[name](3).accuracies()
    assert reached.reported > 0.9
    assert reached.reported - reached.live > 0.05


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_replaces_one_function_and_no_two_replace_it_alike(name):
    (changed,) = (part for part in vars(BUGS[name]) if part in vars(Pipeline) and not part.startswith("__"))
    assert sum(vars(bug).get(changed) is vars(BUGS[name])[changed] for bug in BUGS.values()) == 1


def test_a_moved_image_keeps_what_stays_inside():
    torch.manual_seed(0)
    image = torch.full((1, 64), -0.5)
    image[0, 27] = 0.5  # row 3, column 3
    places = {int(moved(image).argmax()) for _ in range(200)}
    assert places == {18, 19, 20, 26, 27, 28, 34, 35, 36}
