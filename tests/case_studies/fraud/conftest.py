"""A small stream and a trained run, made once; a test that changes a run works on a copy."""

import shutil
import sys

import numpy as np
import pandas as pd
import pytest

from case_studies.fraud import data, features, release, train
from mlsd_lib.serving import ServerProcess

DAY = pd.Timedelta(days=1)
TEST_DAYS = 14


@pytest.fixture(scope="session")
def stream():
    return data.load_payments("simulator", seed=0, days=104, customers=800, terminals=500)


@pytest.fixture(scope="session")
def stream_features(stream):
    return features.features_of(stream.payments, stream.truth)


@pytest.fixture(scope="session")
def release_day(stream):
    return stream.payments["time"].iloc[0].normalize() + (104 - TEST_DAYS) * DAY


@pytest.fixture(scope="session")
def trained(stream, tmp_path_factory):
    run = release.new_run(tmp_path_factory.mktemp("runs"))
    train.train(run, stream, np.random.default_rng(0), test_days=TEST_DAYS, names=("logistic",))
    return run


@pytest.fixture
def run(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "run")


@pytest.fixture
def server(run):
    command = [sys.executable, "-m", "case_studies.fraud", "serve", "--run", str(run), "--port", "{port}"]
    with ServerProcess(command) as process:
        yield process
