"""A command as a process of its own that surely ends, by `stop` or with this process, and with it all it started."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

GUARDIAN = Path(__file__).with_name("guardian.py")


class KeptProcess:
    """Starts `command` in a session of its own; what it prints is added to the file `log`.

    At the end it gets SIGTERM, and `grace_s` later it and whatever it started get SIGKILL; the same happens if this
    process dies, however that happens (see `guardian.py`). `env` is its whole environment.

    Attributes: `pid`, 0 until it is known; `exit_code`, None until it has ended; `news`, set whenever one of them
    changes; `guardian`, the process id of the one between.
    """

    def __init__(
        self, command: Sequence[str], log: Path, env: Mapping[str, str], grace_s: float, cwd: str | Path | None = None
    ) -> None:
        self.pid, self.news = 0, threading.Event()
        self.exit_code: int | None = None
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(GUARDIAN), str(os.getpid()), str(grace_s), *command],
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                start_new_session=True,
            )
        assert self._process.stdout is not None  # it is a pipe
        self.guardian = self._process.pid
        self._listener = threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True)
        self._listener.start()

    def stop(self) -> None:
        """End the command and everything it started; does nothing the second time."""
        assert self._process.stdin is not None  # it is a pipe
        self._process.stdin.close()  # the sign to end
        self._listener.join()
        self._process.wait()

    def _listen(self, lines: IO[str]) -> None:
        with lines:
            for line in lines:
                kind, number = line.split()
                if kind == "pid":
                    self.pid = int(number)
                else:
                    self.exit_code = int(number)
                self.news.set()
        if self.exit_code is None:  # the guardian was killed, and the command with it
            self.exit_code = -9
        self.news.set()
