"""The simulated desk: what customers may read, what is rewritten, and that the truth is the version of its moment."""

import numpy as np
import pandas as pd
import pytest

from case_studies.assistant.data import DAY, contract, load_desk
from case_studies.assistant.support_desk import DEALERS, KINDS, NOBODY, DeskSimulator, documents_at
from mlsd_lib.data.contract import ContractBroken, admit


@pytest.fixture(scope="module")
def stream():
    return DeskSimulator(np.random.default_rng(3), questions_a_day=200, change_rate=0.05).stream(10)


def test_the_version_of_a_document_is_the_last_before_the_moment():
    versions = pd.DataFrame({
        "document_id": [1, 0, 1],
        "readers": -1,
        "valid_from": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-05"]),
        "text": ["old", "other", "new"],
    })  # fmt: skip
    assert documents_at(versions, pd.Timestamp("2026-01-04"))["text"].tolist() == ["other", "old"]
    assert documents_at(versions, pd.Timestamp("2026-01-05"))["text"].tolist() == ["other", "new"]
    assert documents_at(versions, pd.Timestamp("2026-01-01"))["document_id"].tolist() == [1]


def test_the_truth_names_the_version_of_the_day_and_only_what_the_customer_may_read(stream):
    questions = stream.questions.set_index("question_id")
    answerable = stream.truth[stream.truth["document_id"] != NOBODY]
    for day, rows in answerable.groupby(questions.loc[answerable.index, "time"].dt.normalize()):
        documents = documents_at(stream.documents, day).set_index("document_id").loc[rows["document_id"]]
        assert (documents["valid_from"].to_numpy() == rows["valid_from"].to_numpy()).all()
        who = questions.loc[rows.index]
        readers, dealer = documents["readers"].to_numpy(), who["dealer"].to_numpy()
        assert ((readers == -1) | (readers == who["customer_id"].to_numpy()) | ((readers == DEALERS) & dealer)).all()


def test_every_kind_comes_about_as_often_as_stated_and_agents_err_rarely(stream):
    shares = stream.truth["kind"].value_counts(normalize=True)
    assert shares.to_dict() == pytest.approx(KINDS, abs=0.05)
    assert 0 < (stream.truth["noted_id"] != stream.truth["document_id"]).mean() < 0.05
    assert stream.truth.loc[stream.truth["kind"].isin(["no document", "not allowed"]), "document_id"].eq(NOBODY).all()


def test_a_share_of_the_documents_is_rewritten_each_night(stream):
    first = stream.questions["time"].iloc[0].normalize()
    rewritten = stream.documents["valid_from"].between(first, first + 9 * DAY).sum() / 10
    assert rewritten == pytest.approx(0.05 * stream.documents["document_id"].nunique(), rel=0.35)


def test_a_table_that_breaks_its_contract_is_not_admitted(tmp_path):
    stream = load_desk(np.random.default_rng(0), 2, questions_a_day=40)
    with pytest.raises(ContractBroken, match="text"):
        admit(stream.questions.assign(text=""), contract(), "questions", tmp_path)
