"""The encoder learns what its pairs say, and nothing of what they do not."""

import numpy as np
import pytest

from mlsd_lib.modeling.text_encoder import trained

PASSAGES = [["warm", f"name{number}", "of", "the"] for number in range(40)]


@pytest.fixture(scope="module")
def encoder():
    rng = np.random.default_rng(0)
    return trained(rng, PASSAGES, lambda at: ["hot", f"name{at}"], steps=40, batch=16, size=32)


def test_what_training_asked_is_found_and_an_untrained_encoder_finds_less(encoder):
    questions = [["hot", f"name{number}"] for number in range(40)]
    untrained = trained(np.random.default_rng(0), PASSAGES, lambda at: ["hot", f"name{at}"], 0, 16, 32)
    found = [(model.encode(questions) @ model.encode(PASSAGES).T).argmax(1) for model in (encoder, untrained)]
    assert (found[0] == np.arange(40)).mean() > 0.9
    assert (found[1] == np.arange(40)).mean() < (found[0] == np.arange(40)).mean()


def test_points_have_length_one_and_do_not_depend_on_the_order_of_words_or_of_texts(encoder):
    points = encoder.encode([["hot", "name3"], ["name3", "hot"], ["the"]])
    assert np.linalg.norm(points, axis=1) == pytest.approx(1, abs=1e-5)
    assert points[0] == pytest.approx(points[1], abs=1e-6)
    assert encoder.encode([["the"], ["name3", "hot"]])[1] == pytest.approx(points[0], abs=1e-6)


def test_a_rare_word_is_read_by_its_pieces(encoder):
    assert encoder.pieces("kx4821") == ["kx", "48", "21"]
    assert encoder.pieces("hot") == ["hot"]
    assert encoder.encode([["kx4821"]]) == pytest.approx(encoder.encode([["21kx48"]]), abs=1e-6)


def test_a_point_of_one_word_lies_nearest_to_that_word(encoder):
    assert encoder.nearest_words(encoder.encode([["name7"]])[0], 1) == ["name7"]


def test_training_is_the_same_for_the_same_generator():
    twice = [trained(np.random.default_rng(5), PASSAGES, lambda at: ["hot"], 2, 8, 8).encode([["hot"]]) for _ in "ab"]
    assert twice[0] == pytest.approx(twice[1])
