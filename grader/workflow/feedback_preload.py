"""What every worker of feedback has loaded from its start: a fork server imports it once. Nothing else is done here."""

from grader.course import lean_imports

with lean_imports():
    import nbgrader.converters

import grader.workflow.feedback_page
import grader.workflow.feedback_worker

__all__ = ["grader", "nbgrader"]
