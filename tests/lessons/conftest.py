"""What exercises forbid, lessons may import: a guard that a test of an exercise left in this process is taken away."""

import sys

import pytest

from grader.suite_kit.answer import ImportGuard


@pytest.fixture(autouse=True)
def nothing_is_forbidden(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [one for one in sys.meta_path if not isinstance(one, ImportGuard)])
