"""The process between a `ProcessCluster` and its scheduler and workers: it starts them and sees to their end.

Run as a file by `ProcessCluster`, never imported by the course. Each line on stdin is a command, a JSON list; its
process id goes to stdout. When stdin is closed, by the parent or by its death, every process that was started is
killed. On Linux they die with us should we be killed ourselves.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_keeper() -> None:
    if libc is not None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    """The keeper's whole life."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        for line in sys.stdin:
            process = subprocess.Popen(
                json.loads(line),
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr,
                preexec_fn=die_with_keeper,  # safe here: no thread runs
                start_new_session=True,
            )
            started.append(process)
            print(process.pid, flush=True)
    finally:
        for process in started:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


if __name__ == "__main__":
    main()
