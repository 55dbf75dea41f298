"""Writes down which files a Python process opens, and where asked refuses it the network.

`sitecustomize` starts it in every Python process under a run. The trace grows as files are opened, so that a killed
process has left what it knew.
"""

import os
import sys

TRACE = os.environ.get("MLSD_TRACE", "")
REFUSE = os.environ.get("MLSD_REFUSE_NETWORK", "") == "1"
HERE = os.path.dirname(os.path.abspath(__file__))
NOT_ASKED_FOR = tuple(
    os.path.join(folder, "")
    for folder in {os.path.dirname(os.__file__), HERE, "/proc", "/sys", "/dev"}
    | ({sys.prefix} if sys.prefix != sys.base_prefix else set())
)
CONNECTING = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")
_seen = {("r", TRACE), ("w", TRACE)}


def note(kind, text):
    """Append one line to the trace: r read, w written, d folder listed, n network refused, x exception unseen."""
    if (kind, text) in _seen:
        return
    _seen.add((kind, text))
    line = f"{kind} {text!a}\n".encode()
    try:
        file = os.open(TRACE, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(file, line)
        finally:
            os.close(file)
    except OSError:
        pass  # a process that outlives its run, or may not write: the run must not break on being watched


def _absolute(path):
    """The path as text, or "" for what is no path or belongs to the interpreter."""
    if isinstance(path, int) or path is None:
        return ""
    try:
        text = os.path.abspath(os.fsdecode(path))
    except (TypeError, ValueError, OSError):
        return ""
    return "" if text.startswith(NOT_ASKED_FOR) else text


def _on_open(arguments):
    path, _, flags = arguments
    if text := _absolute(path):
        creates = isinstance(flags, int) and flags & os.O_CREAT
        fresh = creates and (flags & os.O_TRUNC or not os.path.exists(text))
        if fresh:
            note("w", text)
        elif ("w", text) not in _seen:
            note("r", text)


def _on_database(arguments):
    name = os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes)) else str(arguments[0])
    name = name[len("file:") :].split("?")[0] if name.startswith("file:") else name
    if name and not name.startswith(":memory:") and (text := _absolute(name)):
        note("r" if os.path.exists(text) else "w", text)


def _on_listing(arguments):
    caller = sys._getframe(2).f_code.co_filename  # finding modules lists folders too, and is not what is meant
    if "importlib" not in caller and (text := _absolute(arguments[0] if arguments[0] is not None else ".")):
        note("d", text)


def _on_connect(arguments):
    for argument in arguments:
        host = argument[0] if isinstance(argument, tuple) and argument else argument
        if isinstance(host, bytes):
            host = host.decode("ascii", "replace")
        if isinstance(host, str) and not _is_loopback(host):
            note("n", host)
            raise OSError(101, f"the network is closed while a notebook runs for the record ({host})")
        if isinstance(argument, (tuple, str, bytes)):
            return


def _is_loopback(host):
    return host in ("", "localhost", "::1", "::", "0.0.0.0") or host.startswith(("127.", "/", "\0"))


WATCHED = {"open": _on_open, "os.listdir": _on_listing, "os.scandir": _on_listing, "sqlite3.connect": _on_database}
if REFUSE:
    WATCHED.update(dict.fromkeys(CONNECTING, _on_connect))


def _hook(event, arguments):
    watcher = WATCHED.get(event)
    if watcher is not None:
        watcher(arguments)


def start():
    """Begin to write the trace; does nothing where no run asked for one."""
    if TRACE:
        sys.addaudithook(_hook)
