"""Intervals over clusters, ties, the cheapest of the tied, and the page that says so."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from case_studies.kit import DecisionRecord
from mlsd_lib.modeling import (
    Interval,
    ModelingError,
    cheapest_tied,
    clustered_gap,
    clustered_interval,
    paired_comparison,
    seen_and_true,
)


def test_the_interval_over_clusters_is_wider_than_one_that_forgets_them():
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(50), 20)
    value = np.repeat(rng.normal(10, 5, 50), 20)
    clustered = clustered_interval(value, cluster, 10, rng, over="customers")
    alone = clustered_interval(value, np.arange(len(value)), 10, rng, over="rows")
    assert clustered.mean == alone.mean == pytest.approx(value.sum() / 10)
    assert (clustered.over, alone.over) == ("customers", "rows")
    assert clustered.high - clustered.low > 2 * (alone.high - alone.low)


def test_of_given_rows_a_unit_that_says_nothing_of_their_value_adds_no_width():
    """Clusters of very different sizes, whose rows all bring about as much: drawing them moves the number of rows."""
    rng = np.random.default_rng(0)
    cluster, value = np.repeat(np.arange(40), np.arange(1, 41)), rng.normal(10, 1, 820)
    drawn, given = (clustered_interval(value, cluster, 1, rng, over="x", rows_given=one) for one in (False, True))
    assert given.mean == drawn.mean
    assert given.low < given.mean < given.high
    assert 10 * (given.high - given.low) < drawn.high - drawn.low


def test_the_interval_covers_the_true_total_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        value = rng.normal(1.0, 3.0, 100)
        interval = clustered_interval(value, np.arange(100), 100, rng, draws=300, over="rows")
        covered += interval.low <= 1.0 <= interval.high
    assert 0.88 < covered / 200 < 0.99


def test_a_pairing_tells_apart_what_the_intervals_alone_do_not():
    """Two candidates that meet the same customers: their own intervals overlap, their difference does not reach 0."""
    rng = np.random.default_rng(0)
    luck, cluster = rng.normal(0, 50, 400), np.arange(400)
    values = {"worse": luck, "better": luck + rng.normal(3, 1, 400), "as good": luck + rng.normal(3, 1, 400)}
    table = paired_comparison(values, cluster, 1, rng, over="customers")
    assert table.loc["worse", "high"] > table.loc["better", "low"]
    assert table["tied"].to_dict() == {"worse": False, "better": True, "as good": True}
    assert table["mean"].is_monotonic_increasing


def test_of_tied_candidates_the_cheapest_that_may_be_released_is_chosen():
    table = pd.DataFrame({"tied": [True, True, False, True]}, index=["large", "middle", "small", "rule"])
    table["mean"] = [4.0, 3.0, 1.0, 9.0]
    assert cheapest_tied(table, ["small", "middle", "large"]) == "middle"
    assert cheapest_tied(table.assign(tied=False), ["small", "middle", "large"]) == "large"
    with pytest.raises(ModelingError, match="None of"):
        cheapest_tied(table, ["huge"])


def test_the_decision_record_says_what_was_compared_and_how_to_go_back():
    table = pd.DataFrame({"mean": [1.0, 2_000.0], "tied": [False, True]}, index=["nothing", "small"])
    test = Interval(1_500, 1_200, 1_800, over="customers")
    asked = {"models": ["small"], "why_a_model": "", "unit": "EUR a day", "judged_by": "mean"}
    asked["gains"] = {"doing nothing": test, "v1": Interval(30, -10, 70, over="customers")}
    record = DecisionRecord("small, by money", table, test, "Like last month.", "so on", **asked, release="v2")
    page = str(record)
    for text in (
        "release v2",
        "Chosen: small, by money.",
        "- nothing: 1 EUR a day\n",
        "- small: 2,000 EUR a day, tied",
    ):
        assert text in page
    assert "1,500 EUR a day (95 % interval over\ncustomers 1,200 to 1,800)" in page
    assert "No gain is shown over v1 (30 (-10 to 70 over customers) a day). It waits for a promotion" in page
    assert "# Decision: release nothing\n\nThe best model: small" in str(replace(record, release=""))
    assert "Weakest assumption: Like last month." in page
    assert "puts the last one back, and so on." in page
    assert "roll back." in str(replace(record, release="")).splitlines()[-1]
    assert str(Interval(-0.4, -1, 0.2, over="rows")) == "0 (-1 to 0 over rows)"
    assert str(test) == "1,500 (1,200 to 1,800 over customers)"


@pytest.mark.parametrize("gap", [0.0, 0.2])
def test_the_interval_of_a_gap_between_groups_covers_it_as_often_as_it_says(gap):
    """95 % of 100 repeats, less three standard errors of that share; what authors have in common widens it."""
    covered = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        author = rng.integers(0, 200, 2_000)
        inside, habit = author < 60, rng.normal(0, 0.04, 200)[author]
        hit = rng.random(2_000) < 0.3 + habit + gap * inside
        found = clustered_gap(hit, inside, author, rng, draws=400, over="authors")
        covered += found.low <= gap <= found.high
    assert covered >= 88


def test_a_gap_that_forgets_its_clusters_is_too_sure():
    rng = np.random.default_rng(0)
    author = np.repeat(np.arange(40), 50)
    hit, inside = (author % 2 == 0), author < 20
    clustered = clustered_gap(hit, inside, author, rng, over="authors")
    alone = clustered_gap(hit, inside, np.arange(len(author)), rng, over="posts")
    assert clustered.mean == alone.mean == 0
    assert clustered.high - clustered.low > 3 * (alone.high - alone.low)


def test_what_is_seen_orders_the_candidates_and_the_truth_stands_beside_it():
    rng, cluster = np.random.default_rng(0), np.arange(200)
    seen = {"worse": rng.normal(1, 1, 200), "better": rng.normal(3, 1, 200)}
    table = seen_and_true(seen, {"better": seen["worse"]}, cluster, 200, rng, over="customers")
    assert list(table.index) == ["worse", "better"]
    assert list(table) == ["seen_eur", "tied", "true_eur", "true_low", "true_high"]
    assert table.loc["better", "true_eur"] == pytest.approx(table.loc["worse", "seen_eur"])
    assert table["true_eur"].isna().tolist() == [True, False]
    assert table.loc["better", "true_low"] < table.loc["better", "true_eur"] < table.loc["better", "true_high"]
