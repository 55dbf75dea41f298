"""An extension of the Jupyter server: formgrader's *Collect*, *Autograde* and *Generate feedback* go through `mlsd`.

nbgrader's own handlers copy what a link in the exchange leads to, and take work laid there in another's name; they run
student code as the user of the server, with the gradebook and the solutions in reach, and make pages that show hidden
tests. Jupyter loads extensions in the order of their names, and the first handler of an
address answers it: this module's name must stand before nbgrader's. `mlsd formgrader` and `mlsd lab` enable it by the
configuration in `grader/jupyter`. No work is done here: a command runs in a process of its own.
"""

import asyncio
import glob
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join
from nbgrader.server_extensions.formgrader.base import BaseApiHandler, check_notebook_dir, check_xsrf
from tornado import web
from tornado.routing import Rule

from grader.formgrader_addresses import Misnamed, MisnamedHandler, StudentFileHandler
from grader.formgrader_rubric import RubricHandler
from grader.formgrader_shares import ShareHandler, ShareNavigationHandler

MLSD = (sys.executable, "-P", "-c", "from mlsd.cli import main; main()")
NAVIGATION = "(?P<action>next_incorrect|prev_incorrect|next|prev)"
LOG_CHARACTERS = 20_000


class CommandHandler(BaseApiHandler):
    """A button that runs `mlsd VERB` on an exercise, or on one student's work on it."""

    def initialize(self, verb: str, options: Sequence[str] = ()) -> None:
        """Keep what the address stands for."""
        self.verb, self.options = verb, options

    @web.authenticated
    @check_xsrf
    @check_notebook_dir
    async def post(self, assignment: str, student: str | None = None) -> None:
        """How the command ended."""
        whom = ["--student", glob.escape(student)] if student else []
        command = [self.verb, assignment, *whom, *self.options]
        self.write(json.dumps(await ended(command, Path(self.coursedir.root))))


API = "/formgrader/api"
HANDLERS: list[tuple[Any, ...]] = [
    # again if it was graded before, as nbgrader's button does
    (rf"{API}/submission/([^/]+)/([^/]+)/autograde", CommandHandler, {"verb": "grade", "options": ["--force"]}),
    (rf"{API}/assignment/([^/]+)/collect", CommandHandler, {"verb": "collect"}),
    (rf"{API}/assignment/([^/]+)/(?:([^/]+)/)?generate_feedback", CommandHandler, {"verb": "feedback"}),
    (r"/formgrader/submissions/([^/]+)/?", RubricHandler),
    (rf"/formgrader/submissions/(?P<submission_id>[^/]+)/{NAVIGATION}/?", ShareNavigationHandler),
    (r"/formgrader/submissions/(?!components/)([^/]+/.+)", StudentFileHandler),
    (r"/formgrader/shares/([^/]+)/([^/]+)/?", ShareHandler),
]


async def ended(command: Sequence[str], course: Path) -> dict[str, Any]:
    """How an `mlsd` command on this course ended, as formgrader's pages read it: success, log, error."""
    options = ["--course", str(course)]
    process = await asyncio.create_subprocess_exec(
        *MLSD, *command, *options, cwd=course, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    said, _ = await process.communicate()
    log = said.decode(errors="replace")[-LOG_CHARACTERS:]
    if process.returncode == 0:
        return {"success": True, "log": log}
    typed = " ".join(["mlsd", *command, *options])
    return {"success": False, "log": log, "error": f"It ended with status {process.returncode}. To see more: {typed}"}


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    base = server.web_app.settings["base_url"]
    misnamed = Rule(Misnamed(url_path_join(base, "/formgrader")), MisnamedHandler)
    ours = [(url_path_join(base, path), *handler) for path, *handler in HANDLERS]
    server.web_app.add_handlers(".*$", [misnamed, *ours])
    server.log.info("formgrader's buttons grade and give feedback by mlsd")
