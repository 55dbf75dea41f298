"""Formgrader's addresses: each part is a name, and a student's own file is downloaded, never shown as a page.

nbgrader joins what an address says to a path, and serves files of students with the rights of its own pages. By
`?path=FOLDER` it runs the `nbgrader_config.py` of any folder, a hand-in too, as the instructor who followed a link.
`grader.formgrader_buttons` registers these handlers before nbgrader's.
"""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

from nbgrader.server_extensions.formgrader.base import BaseHandler
from nbgrader.server_extensions.formgrader.handlers import SubmissionFilesHandler
from tornado import web
from tornado.routing import Matcher

from grader.names import is_name

RUNS_NOTHING = "sandbox; default-src 'none'"
LIVE = frozenset('<>"')
"""nbgrader's pages repeat parts of their address as they are, in HTML and in quotes of a script."""


class Misnamed(Matcher):
    """Matches an address below `begin` that names another course, or with a part that names no folder or file."""

    def __init__(self, begin: str) -> None:
        self.begin = begin

    def match(self, request: Any) -> dict[str, Any] | None:
        """An empty dictionary for such a request, else None."""
        if not request.path.startswith(self.begin):
            return None
        below = request.path.removeprefix(self.begin).removeprefix("/").removesuffix("/")
        names = not below or all(is_name(part) and not LIVE & {*part} for part in map(unquote, below.split("/")))
        return None if names and "path" not in request.query_arguments else {}


class MisnamedHandler(BaseHandler):
    """Refuses every request, whosever it is."""

    def prepare(self) -> None:
        """Answer before anything of the request is read."""
        self.set_status(404)
        self.set_header("Content-Type", "text/plain")
        self.finish("A part of this address is no name of a folder or file, holds <, > or a quote, or names a course.")


class StudentFileHandler(SubmissionFilesHandler):
    """A file beside a graded notebook. A page may show it as a picture; opened by itself it is only downloaded."""

    def parse_url_path(self, url_path: str) -> str:
        """nbgrader's own path of the file; raises `HTTPError` unless the file lies in the submission's folder."""
        path = Path(super().parse_url_path(url_path))
        folder = Path(super().parse_url_path(url_path.partition("/")[0] + "/"))
        if not path.resolve().is_relative_to(folder.resolve()):
            raise web.HTTPError(404, "this submission has no such file")
        return str(path)

    def get_content_type(self) -> str:
        """That of a picture; of any other file one by which no browser runs it."""
        stated = str(super().get_content_type())
        return stated if stated.startswith("image/") else "application/octet-stream"

    def set_extra_headers(self, path: str) -> None:
        """Say that the file is to be kept, not opened, and may run nothing."""
        self.set_header("Content-Disposition", "attachment")
        self.set_header("Content-Security-Policy", RUNS_NOTHING)
