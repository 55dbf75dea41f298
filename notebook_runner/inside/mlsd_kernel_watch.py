"""In the kernel of a run: exceptions that no cell shows, in threads and in asyncio tasks, become part of the verdict.

A front end prints them somewhere and goes on; a notebook that lost half of its work in a thread would be green.
"""

import asyncio
import gc
import json
import threading
import time
import traceback

from mlsd_trace import note

HANDLER = "default_exception_handler"
installed = False
PATIENCE_S = 5.0
"""How long threads that Python itself would wait for may still work after the last cell."""


def install():
    """Watch this kernel's threads and event loops, and spare it some work; called once, before the first cell."""
    global installed
    threading.excepthook = _watch_threads(threading.excepthook)
    setattr(asyncio.BaseEventLoop, HANDLER, _watch_tasks(getattr(asyncio.BaseEventLoop, HANDLER)))
    _keep_imports()
    installed = True


def _keep_imports():
    """Leave what the first cell imports out of every search for garbage: it is much, and stays to the end."""
    from IPython import get_ipython

    def after_a_cell(result):
        if result.info.store_history:  # a cell of the notebook, not a line of ours
            events.unregister("post_run_cell", after_a_cell)
            gc.freeze()
            gc.enable()

    events = get_ipython().events
    events.register("post_run_cell", after_a_cell)
    gc.disable()


def loose_ends():
    """Called after the last cell: let threads finish, and look for failed tasks that nobody has asked."""
    if not installed:
        raise RuntimeError("this kernel was not watched from its first cell on")
    end = time.monotonic() + PATIENCE_S
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon and _is_plain(thread):
            thread.join(max(0.0, end - time.monotonic()))
    gc.unfreeze()  # a task that the first cell began is looked at, too
    for candidate in gc.get_objects():  # type(), because a lazy proxy may do anything when asked for its class
        if (
            issubclass(type(candidate), asyncio.Future)
            and candidate.done()
            and getattr(candidate, "_log_traceback", False)
        ):
            report("an asyncio task", candidate._exception)


def _is_plain(thread):
    """True for the notebook's own threads; an event loop or a server in a thread runs for ever and is left alone."""
    return type(thread) is threading.Thread and not thread.name.startswith(("asyncio_", "ThreadPoolExecutor"))


def _watch_threads(before):
    def hook(arguments):
        if arguments.exc_type is not SystemExit:
            report(f"the thread {arguments.thread.name if arguments.thread else '?'}", arguments.exc_value)
        before(arguments)

    return hook


def _watch_tasks(before):
    def handler(self, context):
        if context.get("exception") is not None:
            report("an asyncio task", context["exception"])
        before(self, context)

    return handler


def report(where, error):
    from IPython import get_ipython

    shell = get_ipython()
    frames = traceback.extract_tb(error.__traceback__)
    in_cells = [frame.line for frame in frames if "ipykernel_" in frame.filename]
    facts = {
        "where": where,
        "error": f"{type(error).__name__}: {error}",
        "line": (in_cells[-1] or "") if in_cells else "",
        "count": len(shell.history_manager.input_hist_parsed) - 1,  # the cell that runs, or ran last
    }
    note("x", json.dumps(facts))
