"""Where a kernel that a test starts listens: on files, as those of the notebook runner do.

A kernel picks its ports before it binds them, and on a machine with many servers another process may be faster.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from traitlets.config import Config


@contextmanager
def on_files() -> Iterator[Config]:
    """Meanwhile the settings of a kernel manager whose kernels listen on files of their own; for one at a time."""
    with tempfile.TemporaryDirectory(prefix="kernel-") as folder:  # short: the name of such a file has a longest length
        yield Config({"KernelManager": {"transport": "ipc", "ip": f"{folder}/k"}})
