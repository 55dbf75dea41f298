"""The stand-in for TensorFlow Serving: its paths, bodies and statuses, over a SavedModel that TensorFlow wrote."""

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from lessons.model_serving.tensorflow_rest import Versions
from mlsd_lib.serving import ServerProcess, ServingError
from notebook_runner import tool_python
from notebook_runner.tools import environment

# Version v answers v times a row's sum; its second signature takes two inputs and answers two things.
EXPORT = """
import os, sys
os.environ["TF_USE_LEGACY_KERAS"] = "1"  # Keras, which is not needed, is half of its start
import tensorflow as tf

class Sums(tf.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = tf.Variable(factor)

    @tf.function(input_signature=[tf.TensorSpec([None, 3], name="rows")])
    def one(self, rows):
        return {"score": tf.reduce_sum(rows, 1) * self.factor}

    @tf.function(input_signature=[tf.TensorSpec([None, 3], name="rows"), tf.TensorSpec([None], name="extra")])
    def two(self, rows, extra):
        return {"score": tf.reduce_sum(rows, 1) + extra, "doubled": 2 * extra}

for version in ("1", "2"):
    sums = Sums(float(version))
    signatures = {"serving_default": sums.one, "both": sums.two}
    tf.saved_model.save(sums, sys.argv[1] + "/" + version, signatures=signatures)
"""
ROWS = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
WRONG = [
    b"no JSON",
    {},
    [],
    {"instances": []},
    {"instances": ROWS, "inputs": ROWS},
    {"instances": 3},
    {"instances": [[1.0]]},
    {"instances": [["a", "b", "c"]]},
    {"instances": [["1", 2.0, 3.0]]},
    {"instances": [[True, 2.0, 3.0]]},
    {"instances": [ROWS[0], [1.0]]},
    {"instances": [{"rows": ROWS[0], "more": 1}]},
    {"inputs": {"row": ROWS}},
    {"signature_name": "other", "instances": ROWS},
    {"signature_name": "both", "instances": ROWS},
]


def serving(folder, models):
    words = ["--rest_api_port={port}", "--model_name=m", f"--model_base_path={models}"]
    words.append("--file_system_poll_wait_seconds=0.1")
    command = [tool_python("tensorflow"), "lessons/model_serving/tensorflow_rest.py", *words]
    return ServerProcess(command, env=environment(folder, os.environ), health="/v1/models/m")


def ask(url, body=None):
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(url, content, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tensorflow") / "work"
    (folder / "models").mkdir(parents=True)
    command = [tool_python("tensorflow"), "-c", EXPORT, str(folder / "ready")]
    subprocess.run(command, check=True, env=environment(folder, os.environ), capture_output=True)
    shutil.copytree(folder / "ready" / "1", folder / "models" / "1")
    return folder


@pytest.mark.tools("tensorflow")
def test_rest_api_and_a_new_version_while_it_serves(folder):
    rows = ROWS
    both = [{"rows": rows[0], "extra": 1.0}, {"rows": rows[1], "extra": 2.0}]
    columns = {"rows": rows, "extra": [1.0, 2.0]}
    with serving(folder, folder / "models") as server:
        model = server.url + "/v1/models/m"
        predict = model + ":predict"
        assert ask(predict, {"instances": rows}) == (200, {"predictions": [6.0, 15.0]})
        assert ask(predict, {"instances": [{"rows": row} for row in rows]}) == (200, {"predictions": [6.0, 15.0]})
        assert ask(predict, {"inputs": rows}) == ask(predict, {"inputs": {"rows": rows}}) == (200, {"outputs": [6, 15]})
        answers = [{"score": 7.0, "doubled": 2.0}, {"score": 17.0, "doubled": 4.0}]
        assert ask(predict, {"signature_name": "both", "instances": both}) == (200, {"predictions": answers})
        outputs = {"score": [7.0, 17.0], "doubled": [2.0, 4.0]}
        assert ask(predict, {"signature_name": "both", "inputs": columns}) == (200, {"outputs": outputs})
        assert ask(model + "/versions/1:predict", {"instances": rows})[0] == 200
        for wrong in WRONG:
            status, document = ask(predict, wrong)
            assert (status, list(document)) == (400, ["error"]), wrong
        assert ask(server.url + "/v1/models/other:predict", {"instances": rows})[0] == 404
        assert ask(model + "/versions/2:predict", {"instances": rows})[0] == 404
        assert ask(model + "/versions/2")[0] == 404
        assert ask(server.url + "/v2/models/m")[0] == 400
        ok = {"error_code": "OK", "error_message": ""}
        assert ask(model) == (200, {"model_version_status": [{"version": "1", "state": "AVAILABLE", "status": ok}]})
        shutil.copytree(folder / "ready" / "2", folder / "models" / "unfinished")
        (folder / "models" / "unfinished").rename(folder / "models" / "2")
        deadline = time.monotonic() + 60
        while (answer := ask(predict, {"instances": rows})) != (200, {"predictions": [12.0, 30.0]}):
            assert answer == (200, {"predictions": [6.0, 15.0]})
            assert time.monotonic() < deadline
        assert [version["state"] for version in ask(model)[1]["model_version_status"]] == ["AVAILABLE", "END"]
        assert ask(model + "/versions/1:predict", {"instances": rows})[0] == 404


@pytest.mark.tools("tensorflow")
def test_without_a_version_it_does_not_start(folder, tmp_path):
    with pytest.raises(ServingError, match="No version of m could be loaded"), serving(folder, tmp_path):
        pass


def test_newest_version_by_number_is_served_and_a_broken_one_changes_nothing(tmp_path):
    def load(folder):
        if (folder / "broken").exists():
            raise OSError("no model here")
        return folder.name

    versions = Versions(tmp_path, load)
    for name in ("9", "10", "notes"):
        (tmp_path / name).mkdir()
    versions.look()
    assert versions.servable(None) == versions.servable(10) == "10"
    assert versions.servable(9) is None
    (tmp_path / "11").mkdir()
    (tmp_path / "11" / "broken").touch()
    versions.look()
    assert versions.servable(None) == "10"
    assert versions.states == {10: ("AVAILABLE", ""), 11: ("END", "OSError: no model here")}


def test_an_old_version_is_there_until_the_new_one_is_loaded(tmp_path):
    seen = []
    versions = Versions(tmp_path, lambda folder: seen.append(versions.servable(None)) or folder.name)
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
        versions.look()
    assert seen == [None, "1"]
    assert versions.servable(None) == "2"
