"""The service with two doors, as a process: what passes which door, and what each logs."""

import sys
from pathlib import Path

import joblib
import pytest

from mlsd_lib.serving import ServerProcess, post
from tests.mlsd_lib.serving.demo_model import SumModel

ROOT = Path(__file__).parents[3]
SCHEMA = """
from pydantic import BaseModel, Field


class Row(BaseModel):
    amount: float = Field(gt=0)
    hour: int
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two-doors")
    (folder / "schema.py").write_text(SCHEMA)
    joblib.dump(SumModel(), folder / "model.joblib")
    files = (str(folder / "schema.py"), str(folder / "model.joblib"))
    command = [sys.executable, "-m", "lessons.data_processing.checked_service", *files, "{port}"]
    with ServerProcess(command, cwd=ROOT) as server:  # where the model's class can be imported
        yield server.url


def test_a_right_row_gets_the_same_answer_at_both_doors(url):
    row = {"amount": 0.25, "hour": 0}
    status, answer = post(f"{url}/predict", row)
    assert (status, answer) == (200, {"score": 0.25, "used": [0.25, 0.0]})
    assert post(f"{url}/lax", {"rows": [row]}) == (200, {"rows": [answer]})


def test_a_renamed_field_is_refused_at_one_door_and_zero_at_the_other(url):
    row = {"amount_eur": 0.25, "hour": 0}
    status, answer = post(f"{url}/predict", row)
    assert status == 422
    assert "amount" in answer["error"]["field"]
    assert post(f"{url}/lax", {"rows": [row]}) == (200, {"rows": [{"score": 0.0, "used": [0.0, 0.0]}]})
