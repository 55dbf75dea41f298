"""The student's app as a process of its own, and requests sent to it over sockets: all of it on the student's side.

A sandbox may forbid to listen and to connect. So each connection is a pair of connected sockets, whose other end is
handed to the app's process; HTTP/1.1 goes over it as it does over any other, and a `wsgiref` server reads it.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from grader.suites.design_prediction_service.api import Model, Request

REPLY_S = 20.0
"""A request without a reply for so long has none."""
MOST_REPLY = 4_000
Reply = list[Any]
"""Status (0: none), content type, and the body's first characters."""


def exchange(create_app: Callable[[Any], Any], requests: Sequence[Request], down: int = 0) -> list[Reply]:
    """The replies to `requests`, in their order, of one process that serves `create_app(model)`.

    The model raises at its first `down` calls. The process is ended in any case. Raises what `create_app` raises.
    """
    app = create_app(Model(down))
    if app is None or not callable(app):
        raise TypeError(f"create_app gave {type(app).__name__}, which is no Flask app. Is a return missing?")
    with _served(app) as connect:
        return [_reply(connect, one) for one in requests]


@contextlib.contextmanager
def _served(app: Any) -> Iterator[Callable[[], socket.socket]]:
    """Gives a function that connects to the app's process; where there is no fork (Windows), to a thread."""
    if not hasattr(os, "fork"):
        yield lambda: _connect_to_thread(app)
        return
    ours, theirs = socket.socketpair()
    process = os.fork()
    if process == 0:
        try:
            ours.close()
            _serve_until_closed(app, theirs)
        finally:
            os._exit(0)
    theirs.close()
    try:
        yield lambda: _connect_to(ours)
    finally:
        ours.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, 9)
        os.waitpid(process, 0)


def _connect_to(server: socket.socket) -> socket.socket:
    ours, theirs = socket.socketpair()
    with theirs, contextlib.suppress(OSError):  # a process that ended: the reply will be none
        socket.send_fds(server, [b"c"], [theirs.fileno()])
    return ours


def _connect_to_thread(app: Any) -> socket.socket:
    ours, theirs = socket.socketpair()
    threading.Thread(target=_serve_one, args=(app, theirs), daemon=True).start()
    return ours


def _serve_until_closed(app: Any, control: socket.socket) -> None:
    while True:
        message, files, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        _serve_one(app, socket.socket(fileno=files[0]))


def _serve_one(app: Any, connection: socket.socket) -> None:
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

    class Server(WSGIServer):
        def __init__(self) -> None:  # it listens nowhere: its connections are handed to it
            self.server_name, self.server_port = "localhost", 80
            self.setup_environ()
            self.set_app(app)

    class Handler(WSGIRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def address_string(self) -> str:
            return "localhost"

    with connection, contextlib.suppress(OSError):
        Handler(connection, ("localhost", 0), Server())


def _reply(connect: Callable[[], socket.socket], request: Request) -> Reply:
    body = request["body"].encode("latin-1") + b" " * request["pad"]
    head = f"{request['method']} {request['path']} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    if request["method"] in ("POST", "PUT"):
        head += f"Content-Type: {request['type']}\r\nContent-Length: {len(body)}\r\n"
    with connect() as connection:
        connection.settimeout(REPLY_S)
        with contextlib.suppress(OSError):  # who refuses a large body need not read it
            connection.sendall(head.encode("ascii") + b"\r\n" + body)
        return _read(connection)


def _read(connection: socket.socket) -> Reply:
    import http.client

    response = http.client.HTTPResponse(connection)
    try:
        response.begin()
        text = response.read(MOST_REPLY).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return [0, "", ""]
    return [response.status, response.headers.get_content_type(), text]
