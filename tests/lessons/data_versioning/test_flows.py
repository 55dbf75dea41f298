"""The diagram of a bad day: what the graph names is counted by its kind, and held against what changed."""

from lessons.data_versioning.flows import reach_flow


def test_what_was_made_from_a_bad_day_is_counted_by_its_kind():
    made = ["features/10", "features/11", "model/12", "metric/10", "metric/11", "metric/12"]
    text = repr(reach_flow(made, models=12, changed=7, by_window=2))
    assert "in features: of 2 weeks" in text
    assert "in models: 7 of 12 changed, 2 found by their windows, 1 by the graph" in text
    assert "in metrics: 3 to be measured again" in text
