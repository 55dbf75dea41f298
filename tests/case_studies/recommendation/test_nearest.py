"""Search among vectors: by looking at all, exactly; by a graph, nearly."""

import numpy as np
import pytest

from case_studies.recommendation.nearest import brute_force, clustered_vectors, search_trial


def test_looking_at_all_finds_the_largest_inner_products():
    vectors = clustered_vectors(np.random.default_rng(0), 500)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    found = brute_force(vectors, vectors[7], 10)
    assert found[0] == 7
    assert found.tolist() == np.argsort(-(vectors @ vectors[7]))[:10].tolist()


def test_a_graph_with_more_in_sight_finds_more():
    table = search_trial(np.random.default_rng(0), [3_000], [8, 200], queries=30)
    recall = table.set_index("method")["recall"]
    assert recall["brute force"] == 1
    assert recall["graph, 8 in sight"] < recall["graph, 200 in sight"]
    assert recall["graph, 200 in sight"] > 0.95
    assert (table["median_ms"] > 0).all()
