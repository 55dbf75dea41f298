"""A server as a process of its own, surely ended: by the with-block, by an exception, by the parent's death."""

import http.client
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mlsd_lib.serving.errors import ServingError
from notebook_runner import process_stats
from notebook_runner.kept_process import KeptProcess

LINUX = sys.platform == "linux"


class ServerProcess:
    """Starts `command` on a port of 127.0.0.1 of its own, waits until GET `health` answers 200, ends it with the block.

    `port` gives another server the place of one that ended. `{port}` in the command is replaced by the port, which the
    variable PORT holds too; the system keeps it for the command (see `kept_port`). The command runs in a session of its
    own; its output goes to `log()`. At the end it gets SIGTERM, and `stop_s` later it and whatever it started get
    SIGKILL; the same happens if this process dies (see `KeptProcess`). `env` is added to this environment.

    Attribute: `port`. Raises `ServingError` on entry if the command exits, or is not healthy within `start_s` seconds
    of `clock`.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: str | Path | None = None,
        env: Mapping[str, str] | None = None,
        start_s: float = 60.0,
        stop_s: float = 5.0,
        health: str = "/healthz",
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.command, self.cwd, self.start_s, self.stop_s = [str(word) for word in command], cwd, start_s, stop_s
        self._env, self._path, self._wanted, self._clock = dict(env or {}), health, port, clock
        self._kept: KeptProcess | None = None
        self._ended: tuple[int, int | None] = 0, None
        self._cpu_s, self._log_text, self.port = 0.0, "", 0

    @property
    def pid(self) -> int:
        """The process id of the server, 0 before it has one."""
        return self._kept.pid if self._kept else self._ended[0]

    @property
    def exit_code(self) -> int | None:
        """How the server ended; None before that."""
        return self._kept.exit_code if self._kept else self._ended[1]

    @property
    def url(self) -> str:
        """The address of the server, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "ServerProcess":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Starts the server and returns once it is healthy; better used by the with-block."""
        if self._kept is not None:
            raise ServingError(f"{self._named()} runs already. Make a second ServerProcess for a second server.")
        self.port, self._ended, self._cpu_s = kept_port(self._wanted), (0, None), 0.0
        self._folder = tempfile.TemporaryDirectory(prefix="mlsd-server-")
        try:
            self._launch()
            self._wait_until_healthy()
        except BaseException:
            self.stop()
            self._folder.cleanup()
            raise

    def stop(self) -> None:
        """Ends the server and everything it started; does nothing the second time."""
        if self._kept is None:
            return
        self.cpu_seconds()
        self._kept.stop()
        self._ended, self._log_text, self._kept = (self.pid, self.exit_code), self.log(), None
        self._folder.cleanup()

    def log(self, last_lines: int | None = None) -> str:
        """What the server wrote to stdout and stderr so far, or its last lines."""
        text = self._log_path.read_text("utf-8", "replace") if self._kept is not None else self._log_text
        return text if last_lines is None else "\n".join(text.splitlines()[-last_lines:])

    def cpu_seconds(self) -> float:
        """CPU seconds that the server and its children have used, kept after the end; of ended children to 10 ms."""
        if self._kept is not None and self.pid:
            family = (self.pid, *process_stats.descendants(self.pid))
            used_s = sum(
                process_stats.cpu_s(process) + process_stats.times(process).ended_children for process in family
            )
            self._cpu_s = max(self._cpu_s, used_s)  # less where one of them ended meanwhile
        return self._cpu_s

    def memory_mb(self) -> float:
        """Memory of the server and its children now, in MB; pages that processes share count once."""
        return sum(map(process_stats.proportional_mb, (self.pid, *process_stats.descendants(self.pid))))

    @property
    def _log_path(self) -> Path:
        return Path(self._folder.name) / "log"

    def _launch(self) -> None:
        words = [word.replace("{port}", str(self.port)) for word in self.command]
        env = {**os.environ, "PYTHONUNBUFFERED": "1", **self._env, "PORT": str(self.port)}
        self._kept = KeptProcess(words, self._log_path, env, self.stop_s, self.cwd)

    def _wait_until_healthy(self) -> None:
        assert self._kept is not None  # it was launched
        deadline, news = self._clock() + self.start_s, self._kept.news
        while True:
            news.wait(0.03)
            news.clear()
            answer = self._health()
            if self.exit_code is not None:
                raise self._failure(f"exited with code {self.exit_code} before it was healthy")
            if answer == 200:
                return
            if self._clock() >= deadline:
                break
        raise self._failure(f"was not healthy after {self.start_s:g} s (GET {self._path}: {answer})")

    def _health(self) -> int | str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", self._path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return str(error)
        finally:
            connection.close()

    def _named(self) -> str:
        return f"The server `{' '.join(self.command)}`"

    def _failure(self, what: str) -> ServingError:
        tail = self.log(last_lines=20) or "(it wrote nothing)"
        fix = "Run the command in a terminal with PORT=8000 set, and fix what it says; or raise start_s."
        return ServingError(f"{self._named()} {what}. Its last lines:\n{tail}\n{fix}")


_KEPT: dict[int, int] = {}  # port: the file descriptor that keeps it for this process


def kept_port(wanted: int = 0) -> int:
    """A port of 127.0.0.1 that nobody is given but a server to which this process tells the number.

    A port that was merely free a moment ago may go to another process before the server binds it. On Linux a socket
    that is bound and does not listen keeps it until this process ends: the system neither gives such a port to others
    nor uses it for connections, while a server that binds it by its number with SO_REUSEADDR, as servers do, gets it.
    Elsewhere that does not hold, and the port is only a free one.

    Raises `ServingError` where the port `wanted` is another process's.
    """
    if wanted in _KEPT:
        return wanted
    with socket.socket() as keeper:
        if LINUX:
            keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            keeper.bind(("127.0.0.1", wanted))
        except OSError as error:
            raise ServingError(
                f"Port {wanted} of 127.0.0.1 is taken by another process ({error.strerror}); a server needs one of its "
                "own. End that process, or leave the port to ServerProcess."
            ) from None
        port: int = keeper.getsockname()[1]
        if LINUX:
            _KEPT[port] = keeper.detach()
    return port
