"""The small stream that the tests of all case studies use."""

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
