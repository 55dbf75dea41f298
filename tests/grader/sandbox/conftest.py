"""A session of the module's sandbox; who is interrupted has less time to answer than in the grader."""

import pytest

from grader.sandbox import resource_monitor


@pytest.fixture
def session(sandbox):
    with sandbox.open() as session:
        yield session


@pytest.fixture(autouse=True)
def short_grace(monkeypatch):
    monkeypatch.setattr(resource_monitor, "GRACE_S", 0.3)
