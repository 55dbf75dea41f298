"""The small stream that the tests of all case studies use."""

import pytest

from tests.case_studies.moderation import hooks


@pytest.fixture(scope="session")
def prepared():
    return hooks.prepared()


@pytest.fixture(scope="session")
def release_day():
    return hooks.release_day()
