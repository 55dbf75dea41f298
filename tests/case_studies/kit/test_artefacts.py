"""A model file is read only if it is the file that was written."""

import pytest
from sklearn.linear_model import LinearRegression

from case_studies.kit import read_artefact, save_artefact
from mlsd_lib.modeling import ModelingError


@pytest.fixture
def saved(tmp_path):
    save_artefact(tmp_path, LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0]), threshold=0.5, columns=("a",))
    return tmp_path


def test_a_model_and_its_document_come_back_as_they_were(saved):
    model, document = read_artefact(saved)
    assert model.predict([[2.0]]) == pytest.approx(5.0)
    assert document == {"threshold": 0.5, "columns": ["a"]}


def test_a_model_file_that_was_changed_is_refused_before_it_is_read(saved):
    (saved / "model.joblib").write_bytes(b"cos\nsystem\n(S'touch was_run'\ntR.")  # a pickle that runs a command
    with pytest.raises(ModelingError, match="it is not the file"):
        read_artefact(saved)
    assert not (saved / "was_run").exists()


CHANGED = "its values were changed"
CHANGES = [("0.5", "0.6", CHANGED), ("0.5", '"0.5"', CHANGED), ('"a"', "", CHANGED), ('"columns"', '"colums"', CHANGED)]
CHANGES += [('"document_sha256"', '"other"', "it has no document_sha256"), ('"sha256": ', '"sha256": 1,"a":', "is 1")]


@pytest.mark.parametrize(("was", "now", "said"), CHANGES)
def test_a_document_that_was_changed_is_refused(saved, was, now, said):
    text = (saved / "release.json").read_text()
    assert was in text
    (saved / "release.json").write_text(text.replace(was, now))
    with pytest.raises(ModelingError, match=rf"release.json is not as it was written: .*{said}"):
        read_artefact(saved)


@pytest.mark.parametrize("name", ["model.joblib", "release.json"])
def test_a_missing_file_is_named(saved, name):
    (saved / name).unlink()
    with pytest.raises(ModelingError, match=rf"{name} does not exist"):
        read_artefact(saved)
