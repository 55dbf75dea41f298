"""Runs verbs as `mlsd` runs them, each in a process forked from one that has loaded them: `python -m` this module.

It reads lines of JSON from its input (`words`, `folder`, `interrupt`) and answers each by one: `status` and `text`.
`interrupt`: Ctrl-C comes when the verb opens its first file below this folder, or connects to a server.
"""

import importlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LOADED = (
    "nbgrader.api", "nbgrader.apps.api", "grader.grading.batch", "grader.workflow.release", "grader.workflow.collect",
    "grader.workflow.export", "grader.workflow.feedback", "grader.workflow.class_report.page", "notebook_runner.runner",
)  # fmt: skip
LIMIT_S = 120


def interrupted_at_work(folder: str) -> None:
    """From now on the first file below `folder`, or the first connection, brings SIGINT to this group of processes."""
    waiting = [True]

    def hook(event: str, arguments: Sequence[Any]) -> None:
        at_work = event == "socket.connect" or (
            event == "open" and isinstance(arguments[0], str) and os.path.abspath(arguments[0]).startswith(folder)
        )
        if waiting and at_work:
            waiting.clear()
            os.killpg(0, signal.SIGINT)

    sys.addaudithook(hook)


def verb(words: Sequence[str], folder: str, interrupt: str) -> int:
    """The status with which `mlsd WORDS`, typed in `folder`, ends this process; what it raises is printed."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.alarm(LIMIT_S)
    os.chdir(folder)
    sys.argv = ["mlsd", *words]
    try:
        from mlsd.cli import main

        if interrupt:
            interrupted_at_work(interrupt)
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def answer(words: Sequence[str], folder: str, interrupt: str) -> tuple[int, str]:
    """The status and all that the verb said."""
    with tempfile.TemporaryFile() as said:
        pid = os.fork()
        if pid == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            status = verb(words, folder, interrupt)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
        _, ended = os.waitpid(pid, 0)
        said.seek(0)
        return os.waitstatus_to_exitcode(ended), said.read().decode(errors="replace")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    importlib.import_module("mlsd.cli")
    for module in LOADED:
        importlib.import_module(module)
    for line in sys.stdin:
        asked = json.loads(line)
        status, text = answer(asked["words"], asked["folder"], asked["interrupt"])
        print(json.dumps({"status": status, "text": text}), flush=True)
