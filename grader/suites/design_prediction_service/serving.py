"""The student's app as a process of its own, and requests sent to it over sockets: all of it on the student's side.

A sandbox may forbid to listen, to connect and to hand over open files. So each connection is a pair of connected
sockets, made before the app's process, which has the other ends; HTTP/1.1 goes over it as it does over any other, and
a `wsgiref` server reads it. A request that is sent as many orders goes over it as their bodies, with which the process
calls the app: a third of the time.
"""

import contextlib
import io
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from grader.suites.design_prediction_service.api import Model, Request, bodies

REPLY_S = 20.0
"""A request without a reply for so long has none."""
MOST_REPLY = 4_000
AT_ONCE = 500
"""Of a request that is sent as many orders, so many go over one connection."""
CONNECTION, ORDERS = b"c", b"o"
Reply = list[Any]
"""Status (0: none), content type, and the body's first characters."""
Connect = Callable[[bytes], socket.socket]
"""Gives a connection to the app's process, for one request (`CONNECTION`) or for `ORDERS`."""


def exchange(create_app: Callable[[Any], Any], requests: Sequence[Request], down: int = 0) -> list[Reply]:
    """The replies to `requests`, in their order, of one process that serves `create_app(model)`.

    Of a request that is sent as many orders it is the first that is not 200, or the last.
    The model raises at its first `down` calls. The process is ended in any case. Raises what `create_app` raises.
    """
    app = create_app(Model(down))
    if app is None or not callable(app):
        raise TypeError(f"create_app gave {type(app).__name__}, which is no Flask app. Is a return missing?")
    with _served(app, sum(1 + one["many"] // AT_ONCE for one in requests)) as connect:
        return [_reply(connect, one) if one["many"] == 1 else _reply_to_many(connect, one) for one in requests]


@contextlib.contextmanager
def _served(app: Any, most: int) -> Iterator[Connect]:
    """Gives a function that connects to the app's process, so many times; where there is no fork (Windows), to a
    thread."""
    if not hasattr(os, "fork"):
        yield lambda kind: _connect_to_thread(app, kind)
        return
    ours, theirs = zip(*(socket.socketpair() for _ in range(1 + most)), strict=True)
    process = os.fork()
    if process == 0:
        try:
            _close(ours)
            _serve_until_closed(app, theirs)
        finally:
            os._exit(0)
    _close(theirs)
    free = iter(ours[1:])
    try:
        yield lambda kind: _connect_to(ours[0], free, kind)
    finally:
        _close(ours)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, 9)
        os.waitpid(process, 0)


def _close(ends: Sequence[socket.socket]) -> None:
    for end in ends:
        end.close()


def _connect_to(control: socket.socket, free: Iterator[socket.socket], kind: bytes) -> socket.socket:
    with contextlib.suppress(OSError):  # a process that ended: the reply will be none
        control.sendall(kind)
    return next(free)


def _connect_to_thread(app: Any, kind: bytes) -> socket.socket:
    ours, theirs = socket.socketpair()
    threading.Thread(target=SERVE[kind], args=(app, theirs), daemon=True).start()
    return ours


def _serve_until_closed(app: Any, ends: Sequence[socket.socket]) -> None:
    control, *connections = ends
    for connection in connections:
        if not (kind := control.recv(1)):
            return
        SERVE[kind](app, connection)


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


def _serve_orders(app: Any, connection: socket.socket) -> None:
    """Calls the app with one body after the other, until a reply is not 200; the last reply goes back."""
    from werkzeug.test import EnvironBuilder, run_wsgi_app

    with connection, contextlib.suppress(OSError):
        path, kind, texts = json.load(connection.makefile("rb"))
        plain, reply = EnvironBuilder(path, method="POST", content_type=kind).get_environ(), [200, "", ""]
        for body in map(str.encode, texts):
            if reply[0] != 200:
                break
            environ = {**plain, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
            try:
                chunks, status, headers = run_wsgi_app(app, environ, buffered=True)
            except Exception:  # as the server replies where an app raises
                reply = [500, "", ""]
                continue
            text = b"".join(chunks)[:MOST_REPLY].decode("utf-8", "replace")
            reply = [int(status.split()[0]), headers.get("Content-Type", "").partition(";")[0], text]
        connection.sendall(json.dumps(reply).encode())


SERVE = {CONNECTION: _serve_one, ORDERS: _serve_orders}


def _reply_to_many(connect: Connect, request: Request) -> Reply:
    reply, texts = [200, "", ""], bodies(request)
    for first in range(0, len(texts), AT_ONCE):
        if reply[0] == 200:
            with connect(ORDERS) as connection:
                connection.settimeout(REPLY_S)
                reply = _ask(connection, [request["path"], request["type"], texts[first : first + AT_ONCE]])
    return reply


def _ask(connection: socket.socket, orders: list[Any]) -> Reply:
    try:
        connection.sendall(json.dumps(orders).encode())
        connection.shutdown(socket.SHUT_WR)
        reply: Reply = json.load(connection.makefile("rb"))
    except (OSError, ValueError):  # the process ended
        return [0, "", ""]
    return reply


def _reply(connect: Connect, request: Request) -> Reply:
    body = request["body"].encode("latin-1") + b" " * request["pad"]
    head = f"{request['method']} {request['path']} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    if request["method"] in ("POST", "PUT"):
        head += f"Content-Type: {request['type']}\r\nContent-Length: {len(body)}\r\n"
    with connect(CONNECTION) as connection:
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
