"""The app on waitress, bound to this machine alone."""

import json
import logging
import signal
import threading
from collections.abc import Callable

import flask
import waitress
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

from mlsd_lib.serving.app import error_document
from mlsd_lib.serving.errors import ServingError


class _JsonErrorTask(ErrorTask):
    """What waitress answers before the app is asked (broken HTTP, a huge body), in the shape of our other errors."""

    def execute(self) -> None:
        error = self.request.error
        fix = "Fix the HTTP request." if error.code < 500 else "Try again later."
        body = json.dumps(error_document("request", None, f"{error.reason}: {error.body}", fix)).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):
    error_task_class = _JsonErrorTask
    last_activity: float

    def handle_read(self) -> None:
        """Counts the time of a request from its first byte: one byte now and then would keep a place for ever."""
        request, begun = self.request, self.last_activity
        super().handle_read()
        if request is not None and self.request is request:
            self.last_activity = begun

    def handle_write(self) -> None:
        """Counts the time of an answer likewise, until it is taken as a whole."""
        begun = self.last_activity
        super().handle_write()
        if self.total_outbufs_len:
            self.last_activity = begun

    def writable(self) -> bool:
        """Ends what is to be closed at once: waitress waits until it can write to a client that takes nothing."""
        if self.will_close and not self.requests:
            self.handle_close()
        return bool(super().writable())


SPARE_THREADS = 2
"""Beyond those of a full queue: they refuse what finds it full, and answer who asks how the service is."""
REQUEST_S = 30
"""Within so long a request is there as a whole, its answer is taken, and a connected client sends the next one."""
OWN_FILES = 64
"""Of the files that the process may open, those that stay for its own."""


def serve(app: flask.Flask, port: int, threads: int = 4, bound: Callable[[], object] = lambda: None) -> None:
    """Serves `app` on 127.0.0.1 until SIGTERM or an interrupt; requests being worked on are finished first.

    A request waits in a queue without limit until one of the `threads` is free: what that costs is a lesson. An app
    with a queue of its own (see `create_app`) gets as many threads as fill it, one that works, and some to spare.
    `bound` is called once the port is this server's. Raises `ServingError` if the port cannot be had.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line a queued request, at any load
    if (queue_limit := app.config.get("QUEUE_LIMIT")) is not None:
        threads = queue_limit + 1 + SPARE_THREADS
    body_limit = app.config.get("MAX_CONTENT_LENGTH") or 64_000
    try:
        server = waitress.create_server(
            app,
            host="127.0.0.1",
            port=port,
            threads=threads,
            connection_limit=_connections(),
            backlog=2_048,
            asyncore_use_poll=True,  # select() knows no file descriptor above 1023
            channel_timeout=REQUEST_S,
            cleanup_interval=1,  # seconds between two looks at who has been connected for too long
            # A body between the two limits is read to its end, so that the client listens when the app says 413.
            max_request_body_size=max(4_000_000, 2 * body_limit),
            ident=None,
        )
    except OSError as error:
        raise ServingError(f"Port {port} of 127.0.0.1 cannot be used: {error}. Choose another port.") from None
    server.channel_class = _Channel
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _leave)
    bound()
    server.run()


def _connections() -> int:
    """How many clients may be connected: all whose sockets this process may open, and files besides; 5,000 at most.

    With waitress's 100, open-loop load waits for a connection, not for the model. Without an end, a flood of them makes
    the server fail to take one, again and again, with a traceback in the log for each.
    """
    try:
        import resource
    except ImportError:  # Windows
        return 5_000
    return max(1, min(5_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - OWN_FILES))


def _leave(signum: int, frame: object) -> None:
    raise SystemExit(0)
