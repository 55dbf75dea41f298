"""Kernels that tests start. They listen on files, as those of the notebook runner do.

A kernel picks its ports before it binds them, and on a machine with many servers another process may be faster.
"""

import queue
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from jupyter_client.manager import KernelManager
from nbformat.v4 import output_from_msg
from traitlets.config import Config

from tests.waiting import PATIENCE_S


@contextmanager
def on_files() -> Iterator[Config]:
    """Meanwhile the settings of a kernel manager whose kernels listen on files of their own; for one at a time."""
    with tempfile.TemporaryDirectory(prefix="kernel-") as folder:  # short: the name of such a file has a longest length
        yield Config({"KernelManager": {"transport": "ipc", "ip": f"{folder}/k"}})


class ReadersKernel:
    """A kernel as JupyterLab drives it: it may ask, and an error in one cell does not keep the next from running."""

    def __init__(self, folder: str | None = None, environment: Mapping[str, str] | None = None) -> None:
        self.files = on_files()
        self.manager = KernelManager(config=self.files.__enter__())
        self.manager.start_kernel(cwd=folder, **({} if environment is None else {"env": dict(environment)}))
        self.outputs: list[dict] = []
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE_S)

    def run(
        self, source: str, cell: str = "", deleted: Sequence[str] = (), allow_stdin: bool = True
    ) -> tuple[list[str], list[str]]:
        """What a cell showed, a text an output (of an error its name and value), and the lines of tracebacks.

        JupyterLab says with each cell its id, and which cells were deleted since the last. What it would save of the
        cell is in `outputs` then.
        """
        content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}}
        content |= {"allow_stdin": allow_stdin, "stop_on_error": False}
        metadata = {"cellId": cell, "deletedCells": list(deleted)}
        self.client.shell_channel.send(self.client.session.msg("execute_request", content, metadata=metadata))
        shown: list[str] = []
        traceback: list[str] = []
        printing = False  # a print may come in pieces
        self.outputs = []
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=PATIENCE_S)
            except queue.Empty:
                raise AssertionError(f"the kernel never ended: {source}") from None
            kind, content = message["msg_type"], message["content"]
            if kind in ("error", "display_data", "execute_result", "stream"):
                self.outputs.append(output_from_msg(message))
            if kind == "error":
                shown.append(f"{content['ename']}: {content['evalue']}")
                traceback += content["traceback"]
            elif kind in ("display_data", "execute_result"):
                shown.append(content["data"]["text/plain"])
            elif kind == "stream":
                shown.append((shown.pop() if printing else "") + content["text"])
            elif kind == "status" and content["execution_state"] == "idle":
                return [text.strip() for text in shown], traceback
            printing = kind == "stream"

    def close(self) -> None:
        """End the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.files.__exit__(None, None, None)
