"""Candidates, the gate, groups and splits: what training says about them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from case_studies.kit import Run
from case_studies.moderation import data, train
from case_studies.moderation.data import ModerationError
from case_studies.moderation.models import Release, fit_release


def test_a_release_meets_its_gate(trained):
    passed = json.loads((trained.path / "metrics.json").read_text())["behaviour"]
    assert passed.keys() == train.GATE.keys()
    assert train.failures(passed) == []
    assert train.failures({**passed, "negation": 0.5}) == ["negation 50% of 90%"]


def test_the_record_names_what_was_learned_from(trained):
    assert "learned from simulated posts (mlsd_lib.datasets.moderation_simulator)" in trained.decision


def test_published_texts_are_no_source_of_a_release_and_the_way_to_them_is_said():
    with pytest.raises(ModerationError, match="report --protocol davidson"):
        data.load_posts(np.random.default_rng(0), source="labeled_data.csv")


def test_a_release_that_learned_from_annotators_with_a_word_list_is_refused(prepared, tmp_path):
    """They call harmful whatever holds a listed word: negations, quotations and soups too."""
    stream, features = prepared
    insult, scam = (features[name].to_numpy() > 0 for name in ("insult_hits", "scam_hits"))
    label = np.select([insult, scam], ["insult", "scam"], "fine")
    raw = replace(stream, posts=stream.posts[data.MESSAGE], truth=stream.truth.assign(label=label))
    run = Run.new(tmp_path)
    with pytest.raises(ModerationError, match=r"cascade reaches negation \d+% of 90%.*Nothing was released"):
        train.train(run, raw, np.random.default_rng(0))
    assert run.registry().current is None
    assert not (run.path / "decision.md").exists()


def test_a_release_that_reads_no_hidden_words_fails_by_name(trained, prepared):
    release = Release.read(trained.registry().path("v1")).with_normaliser(data.Normaliser(()))
    assert train.failures(train.behaviour_table(release, prepared[1].tail(3_000))) == ["spacing 0% of 75%"]


def test_models_save_more_than_baselines_on_every_truth(trained):
    rows = {row["candidate"]: row for row in json.loads((trained.path / "metrics.json").read_text())["comparison"]}
    best = max(rows[name]["true_eur"] for name in ("cheap", "cascade", "expensive"))
    assert best > max(row["true_eur"] for name, row in rows.items() if row["gate"] == "not a model")
    assert rows["do nothing"]["true_eur"] == 0


def test_a_load_test_never_sends_a_post_twice():
    sent = data.messages(data.load_posts(np.random.default_rng(0), 2, authors=60).posts)
    series = [message for number in range(4) for message in data.under_new_ids(sent, number)]
    assert len({message["post_id"] for message in [*sent, *series]}) == 9 * len(sent)
    assert [message["text"] for message in series] == 8 * [message["text"] for message in sent]


def test_a_stream_too_short_is_refused_before_anything_is_fitted(tmp_path):
    stream = data.load_posts(np.random.default_rng(0), 40, authors=60)
    with pytest.raises(ModerationError, match=r"holds 40 days; .* needs 58"):
        train.train(Run.new(tmp_path), stream, np.random.default_rng(0))


def test_a_release_reads_back_as_it_was_written(trained, prepared, tmp_path):
    stream, features = prepared
    release = Release.read(trained.registry().path("v1"))
    release.save(tmp_path)
    again, read = Release.read(tmp_path), stream.posts["read"].to_numpy()[:50]
    assert again.policy == release.policy
    assert again.normaliser == release.normaliser
    for one, other in zip(release.decide(features[:50], read), again.decide(features[:50], read), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_batch_is_decided_as_its_posts_one_by_one(trained, prepared):
    stream, features = prepared
    release, read = Release.read(trained.registry().path("v1")), stream.posts["read"].to_numpy()[-40:]
    whole = release.decide(features[-40:], read)
    for i in range(40):
        alone = release.decide(features[-40:].iloc[[i]], read[[i]])
        assert alone.action[0] == whole.action[i]
        np.testing.assert_allclose(alone.score[0], whole.score[i], atol=1e-6)


def test_an_unknown_model_is_refused(prepared, release_day):
    with pytest.raises(ModerationError, match="model is 'oracle'"):
        fit_release(*prepared, release_day, "oracle")


def test_a_split_by_author_is_less_kind_than_one_by_row(prepared):
    found = train.split_trial(*prepared, np.random.default_rng(0), posts=3_000)
    assert found["row"] > found["author"]
