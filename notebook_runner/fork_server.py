"""The server of processes that multiprocessing forks from, which must not be ended by an interrupt while it loads."""

import multiprocessing
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any


def fork_server(preloaded: Sequence[str]) -> Any:
    """multiprocessing's context whose server runs and loads `preloaded`; where nothing is forked, one that spawns.

    Ctrl-C reaches every process of a terminal. The server and its children leave it to the process that calls here,
    which must end them: a server that is interrupted while it imports prints its own traceback.
    """
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preloaded))
    if threading.current_thread() is not threading.main_thread():  # the only one that may say what a signal does
        return context
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGINT, before)
    return context
