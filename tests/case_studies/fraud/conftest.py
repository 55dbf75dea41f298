"""The small stream and the trained run that the tests of all case studies use, under names of their own."""

import pytest

from tests.case_studies.fraud import hooks


@pytest.fixture(scope="session")
def stream():
    return hooks.stream()


@pytest.fixture(scope="session")
def stream_features():
    return hooks.stream_features()


@pytest.fixture(scope="session")
def release_day():
    return hooks.release_day()


@pytest.fixture(scope="session")
def trained(case_study):
    return case_study("fraud").trained


@pytest.fixture
def run(case_study, tmp_path):
    return case_study("fraud").copied(tmp_path)
