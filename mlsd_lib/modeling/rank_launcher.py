"""The process between a `ProcessGroup` and its ranks: it imports torch once, forks the ranks, and sees to their end.

Run as a file by `ProcessGroup`, never imported by the course. It says the ranks' process ids on stdout as one line of
JSON, then a line for each rank that ends, with its exit code. When the parent closes our stdin, or its death does, it
kills the ranks. On Linux the ranks die with us should we be killed ourselves.
"""

import json
import os
import signal
import sys
import threading
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any

from notebook_runner.process_tree import end_with_parent


def serve(rank: int, size: int, store: str, timeout_s: float, connection: "Connection[Any, Any]") -> None:
    """Joins the group, then calls what comes over `connection` until its other end is closed."""
    import cloudpickle
    import torch
    import torch.distributed as dist

    torch.set_num_threads(1)
    waits = timedelta(seconds=timeout_s)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=size, timeout=waits)
    connection.send_bytes(b"ready")
    while True:
        try:
            function, arguments = cloudpickle.loads(connection.recv_bytes())
        except EOFError:
            return
        try:
            reply = True, function(rank, *arguments)
        except Exception as error:  # whatever the function raises is told to the parent, who decides
            reply = False, f"{type(error).__name__}: {str(error).split('. ')[0]}"
        connection.send_bytes(cloudpickle.dumps(reply))


def become_rank(launcher: int, rank: int, size: int, store: str, timeout_s: float, ends: list[int]) -> None:
    """The life of a forked rank; it never returns to the launcher's code."""
    code = 1
    try:
        end_with_parent(launcher, signal.SIGKILL)
        os.dup2(2, 1)  # what a function prints is no news for the parent
        for other in ends:
            if other != ends[rank]:
                os.close(other)  # held open here, another rank's death would go unseen
        serve(rank, size, store, timeout_s, Connection(ends[rank]))
        code = 0
    finally:
        if code:
            sys.excepthook(*sys.exc_info())
        os._exit(code)  # gloo's threads are not waited for


def main(size: int, store: str, timeout_s: float, trains: bool, ends: list[int]) -> None:
    """The launcher's whole life."""
    import torch.distributed
    import torch.nn.parallel  # both once, before the fork

    if trains:
        import torch._dynamo  # noqa: F401  # else each rank does, a second of CPU time

    ranks, launcher = {}, os.getpid()
    for rank in range(size):
        pid = os.fork()
        if pid == 0:
            become_rank(launcher, rank, size, store, timeout_s, ends)
        ranks[pid] = rank
    for end in ends:
        os.close(end)
    print(json.dumps({rank: pid for pid, rank in ranks.items()}), flush=True)
    threading.Thread(target=end_with_stdin, args=(list(ranks),), daemon=True).start()
    while ranks:
        pid, status = os.wait()
        try:
            print(json.dumps([ranks.pop(pid), os.waitstatus_to_exitcode(status)]), flush=True)
        except OSError:
            pass  # nobody is left to read it


def end_with_stdin(pids: list[int]) -> None:
    sys.stdin.buffer.read()
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


if __name__ == "__main__":
    size, store, timeout_s, trains, *ends = sys.argv[1:]
    main(int(size), store, float(timeout_s), trains == "1", [int(end) for end in ends])
