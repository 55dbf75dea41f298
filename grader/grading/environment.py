"""What student code finds in its environment, whoever executes it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from notebook_runner.environment import threads


@contextmanager
def kernel_environment(secret_file: Path) -> Iterator[None]:
    """Meanwhile kernels find this environment, the secret in that file and no reader's record, and use one thread."""
    with TemporaryDirectory(prefix="mlsd-grade-") as record:
        wanted = threads() | {"MLSD_RUN": "headless", "MLSD_HOME": record, "JUPYTER_PREFER_ENV_PATH": "1"}
        wanted["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
        if secret_file.is_file():
            wanted["MLSD_SECRET_FILE"] = str(secret_file.resolve())
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
