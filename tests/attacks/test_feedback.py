"""What hostile work shows: its marks as of every kind; in a browser no script of a student's and no hidden test.

The class is graded once for the marks and the pages.
"""

import tempfile
from pathlib import Path

import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader.handlers import template_path
from traitlets.config import Config

from tests.attacks.batch import graded, look_over
from tests.attacks.browser import alive, open_page
from tests.attacks.corpus import cases
from tests.attacks.course import TOKENS
from tests.attacks.test_attacks import ON_PAGES
from tests.needs import skip_without


@pytest.fixture(scope="module")
def page():
    skip_without("chromium")
    with open_page() as opened:
        yield opened


@pytest.fixture(scope="module")
def formgraded():
    """What formgrader shows an instructor of a graded notebook, by nbgrader's own template, where MathJax runs.

    One exporter for all: most of its time goes to reading the templates.
    """
    config = Config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [template_path]
    exporter = HTMLExporter(config=config)
    names = {"submission_id": "x", "base_url": "", "index": 0, "total": 1, "notebook_id": "ps1", "assignment_id": "ps1"}
    names |= {"student": "x", "last_name": "", "first_name": "", "notebook_path": "x"}
    return lambda notebook: str(exporter.from_filename(str(notebook), resources=dict(names))[0])


@pytest.fixture(scope="module")
def shown(template):
    """What was graded, and the course with everybody's feedback."""
    with tempfile.TemporaryDirectory(prefix="attacks-", ignore_cleanup_errors=True) as folder:
        course = Path(folder) / "course"
        then = ["mlsd", "feedback", "ps1", "--course", str(course)]
        yield graded(template, course.parent, ON_PAGES, then), course


def test_no_point_is_forged_by_what_is_shown_and_the_host_is_untouched(shown, subtests):
    look_over(shown[0], subtests)


def test_no_script_lives_in_formgrader_or_feedback_and_no_hidden_test_shows_there(page, formgraded, shown, subtests):
    for case in cases(ON_PAGES):
        if not (case.script or "hidden_test" in case.name):
            continue
        with subtests.test(msg=case.name):
            html = (shown[1] / "feedback" / case.name / "ps1" / "ps1.html").read_text()
            assert alive(page, html) == []
            assert TOKENS["test"] not in html
            assert alive(page, formgraded(shown[1] / "autograded" / case.name / "ps1" / "ps1.ipynb")) == []


@pytest.mark.parametrize(
    "bait",
    [
        "<script>window.attacked = 1</script>",
        "<img src=x onerror='window.attacked = 1'>",
        "<a href='javascript:window.attacked = 1'>x</a>",
        "<iframe srcdoc='<script>parent.attacked = 1</script>'></iframe>",
        "<style>body { display: none }</style>",
        "<a href='page.html'>x</a>",
    ],
)
def test_a_page_that_is_attacked_is_recognised(page, bait):
    assert alive(page, f"<html><body>{bait}</body></html>")
