"""Approximate searches against the exact one, and the exact one against sorting."""

import numpy as np
import pytest

from lessons.retrieval.vector_search import Cells, Graph, clustered, exact, overlap


@pytest.fixture(scope="module")
def cloud():
    rng = np.random.default_rng(0)
    return clustered(rng, 500, 8, np.empty((0, 8))), clustered(rng, 20, 8, np.empty((0, 8)))


def sorted_by_distance(points, question, allowed):
    kept = np.flatnonzero(allowed)
    return kept[np.argsort(((points[kept] - question) ** 2).sum(1), kind="stable")]


@pytest.mark.parametrize("share", [1.0, 0.3])
def test_exact_search_is_sorting_what_is_allowed(cloud, share):
    points, questions = cloud
    allowed = np.random.default_rng(1).random(len(points)) < share
    found = exact(points, questions, 5, allowed)
    for row, question in zip(found, questions, strict=True):
        assert row.tolist() == sorted_by_distance(points, question, allowed)[:5].tolist()


def test_where_fewer_are_allowed_than_asked_for_the_rest_is_marked(cloud):
    points, questions = cloud
    allowed = np.arange(len(points)) < 3
    assert ((exact(points, questions, 5, allowed) == -1).sum(1) == 2).all()


def test_looking_into_every_cell_is_exact_and_costs_more(cloud):
    points, questions = cloud
    cells, right = Cells(points, 16, 0), exact(points, questions, 10)
    few, every = cells.search(questions, 10, 1), cells.search(questions, 10, 16)
    assert overlap(every.places, right) == 1 > overlap(few.places, right)
    assert every.compared == pytest.approx(1 + 16 / 500)
    assert few.compared < 0.3


def test_a_graph_finds_more_the_more_it_keeps_in_sight(cloud):
    points, questions = cloud
    graph, right = Graph(points, 6, 20), exact(points, questions, 10)
    few, many = graph.search(questions, 10, 10), graph.search(questions, 10, 400)
    assert overlap(few.places, right) < overlap(many.places, right)
    assert overlap(many.places, right) > 0.98
    assert few.compared < many.compared


def test_a_filtered_graph_returns_nothing_that_is_not_allowed(cloud):
    points, questions = cloud
    allowed = np.arange(len(points)) % 7 == 0
    found = Graph(points).search(questions, 10, 50, allowed).places
    assert set(found[found >= 0] % 7) == {0}


def test_overlap_counts_no_missing_place():
    assert overlap(np.array([[1, -1], [2, 3]]), np.array([[1, -1], [3, 4]])) == pytest.approx((0.5 + 0.5) / 2)


def test_points_around_centres_lie_nearer_to_one_than_a_cloud_does():
    rng, centres = np.random.default_rng(0), np.eye(8) * 20
    near = clustered(rng, 100, 8, centres)
    assert np.linalg.norm(near[:, None] - centres, axis=2).min(1).max() < 5
