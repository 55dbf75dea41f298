"""Formgrader for several graders: a page of each one's share under numbers, from hand-in to hand-in within it.

nbgrader's own handlers, extended; `grader.formgrader_buttons` registers them before nbgrader's.
"""

from html import escape
from typing import Any

from nbgrader.server_extensions.formgrader.base import BaseHandler, check_notebook_dir, check_xsrf
from nbgrader.server_extensions.formgrader.handlers import SubmissionNavigationHandler
from tornado import web

from grader.workflow.shares import Share, address, shares

PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font-family: sans-serif; margin: 2em }} td, th {{ padding-right: 2em; text-align: left }}</style>
</head><body><h1>{title}</h1><p>{waiting} of {total} wait for points.</p>
<table><tr><th>hand-in</th><th>points</th><th></th></tr>{rows}</table></body></html>"""
ROW = '<tr><td><a href="{link}">{name}</a></td><td>{points:g} of {maximum:g}</td><td>{state}</td></tr>'


def share_of(book: Any, submission: str) -> tuple[Share | None, list[str]]:
    """Whose share a submitted notebook is in, and that share's notebooks in its order; None and [] for none."""
    notebook = book.find_submission_notebook_by_id(submission)
    name = notebook.assignment.assignment.name
    found = shares(book.db.connection(), name)
    own = next((share for share in found if share.student == notebook.student.id), None)
    if own is None:
        return None, []
    there = {row.student.id: row.id for row in book.notebook_submissions(notebook.notebook.name, name)}
    mine = [there[share.student] for share in found if share.grader == own.grader and share.student in there]
    return own, mine


class ShareHandler(BaseHandler):
    """The page of one grader's share."""

    @web.authenticated
    @check_xsrf
    @check_notebook_dir
    def get(self, name: str, grader: str) -> None:
        """A row a notebook, under its number."""
        book = self.gradebook
        mine = {share.student: share for share in shares(book.db.connection(), name) if share.grader == grader}
        if not mine:
            raise web.HTTPError(404, f"nothing of {name} was dealt to {grader}")
        rows, waiting = [], 0
        submissions = {submission.student.id: submission for submission in book.assignment_submissions(name)}
        for student, share in mine.items():
            for notebook in submissions[student].notebooks if student in submissions else ():
                waiting += notebook.needs_manual_grade
                link = f"{self.base_url}/formgrader/submissions/{notebook.id}/"
                row = {"points": notebook.score, "maximum": notebook.max_score}
                row |= {"state": "waits" if notebook.needs_manual_grade else "", "link": escape(link)}
                rows.append(ROW.format(name=escape(f"{notebook.name}, {share.number}"), **row))
        title = escape(f"{name}: the share of {grader}")
        self.write(PAGE.format(title=title, waiting=waiting, total=len(rows), rows="".join(rows)))


class ShareNavigationHandler(SubmissionNavigationHandler):
    """Next and previous within a share; nbgrader's own where nothing was dealt."""

    def _get_submission_ids(self, assignment_id: str, notebook_id: str) -> Any:
        return share_of(self.gradebook, self.path_kwargs["submission_id"])[1] or super()._get_submission_ids(
            assignment_id, notebook_id
        )

    def _get_incorrect_submission_ids(self, assignment_id: str, notebook_id: str, submission: Any) -> Any:
        found = super()._get_incorrect_submission_ids(assignment_id, notebook_id, submission)
        mine = share_of(self.gradebook, submission.id)[1]
        return [submission_id for submission_id in found if not mine or submission_id in mine]

    def _assignment_notebook_list_url(self, assignment_id: str, notebook_id: str) -> Any:
        own, _ = share_of(self.gradebook, self.path_kwargs["submission_id"])
        if own is None:
            return super()._assignment_notebook_list_url(assignment_id, notebook_id)
        return f"{self.base_url}/{address(assignment_id, own.grader)}"
