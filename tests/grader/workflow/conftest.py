"""Collecting into the test's own course."""

from datetime import UTC
from pathlib import Path

import pytest

from grader.workflow import collect
from tests import toy_course as toy
from tests.grader.workflow.hand_ins import MORNING, zipped


@pytest.fixture
def take(course, tmp_path):
    """Collect files (or a folder) into the course; the report as {source: (student, outcome, detail)}."""

    def run(files: dict | Path, when: tuple = MORNING, roster: str | None = None) -> dict:
        source = files
        if isinstance(files, dict):
            source = tmp_path / "all.zip"
            source.write_bytes(zipped(files, when))
        names = None
        if roster is not None:
            names = tmp_path / "roster.csv"
            names.write_text(roster)
        report = collect.collect(course, toy.NAME, source, names, UTC)
        collect.write_report(course, toy.NAME, report)
        return {collected.source: (collected.student, collected.outcome, collected.detail) for collected in report}

    return run
