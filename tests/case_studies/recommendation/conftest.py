"""The small log that the tests of all case studies use, and the release made of it."""

import pytest

from tests.case_studies.recommendation import hooks


@pytest.fixture(scope="session")
def log():
    return hooks.log()


@pytest.fixture(scope="session")
def release_day():
    return hooks.release_day()


@pytest.fixture(scope="session")
def release():
    return hooks.release()
