"""Make the course's virtual environment, once; a second call takes a moment.

Run by `make lab` and `make test`; on a machine without make: `python bootstrap.py`, then `.venv/bin/mlsd lab`.
Needs nothing but Python's standard library, so that it can say what is missing before anything is installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "made-from"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
OLDEST, NEWEST = (3, 11), (3, 13)
DISK_GB = 4.0


def main() -> None:
    """Check Python, make or renew `.venv` if its stamp is not current."""
    check_python(sys.version_info[:2])
    if is_current():
        return
    with one_at_a_time():
        if not is_current():
            check_disk(shutil.disk_usage(ROOT).free / 1e9)
            install()


def check_python(version: tuple[int, ...]) -> None:
    """Stop with the mend if this Python is too old, too new or has no venv."""
    if not OLDEST <= version <= NEWEST:
        stop(
            f"this is Python {version[0]}.{version[1]} ({sys.executable}); the course needs 3.11, 3.12 or 3.13",
            "install one of them, then run the command again (or name it: make lab PYTHON=/path/to/python3.12)",
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError as error:
        stop(f"{sys.executable} has no {error.name}", "on Debian or Ubuntu: apt install python3-venv")


def check_disk(free_gb: float) -> None:
    """Stop with the mend if the disk cannot hold the environment."""
    if free_gb < DISK_GB:
        stop(f"{ROOT} has {free_gb:.1f} GB free; the environment needs {DISK_GB:.0f} GB", "free some space first")


def checksum() -> str:
    """What the environment is made from: the two files that say what goes in, the Python, and this folder's path."""
    digest = hashlib.sha256()
    for part in (b"".join(path.read_bytes() for path in inputs()), str(ROOT).encode(), sys.version.encode()):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def inputs() -> list[Path]:
    """The files that decide what is installed."""
    return [ROOT / "pyproject.toml", ROOT / "constraints.txt"]


def is_current() -> bool:
    """True if `.venv` was finished from these inputs in this place and its Python is still there."""
    return (BIN / "python").exists() and STAMP.is_file() and STAMP.read_text().strip() == checksum()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two calls at once (`make -j2`, two shells) must not install over each other: the second waits."""
    try:
        import fcntl
    except ImportError:  # Windows, where nothing calls this twice at once
        yield
        return
    try:
        lock = (ROOT / ".venv.lock").open("w")
    except PermissionError:
        stop(f"{ROOT} cannot be written by this user", "copy the course into a folder of your own")
    with lock:  # the system lets go of it when this process ends, however it ends
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another installation is running here; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install() -> None:
    """Install from pyproject.toml under constraints.txt; the stamp is written last, so a break leaves none."""
    say(
        "making .venv (about 2.6 GB, two minutes; pip downloads JupyterLab, PyTorch and scientific packages). "
        "Elsewhere than on this course's own machines pip may choose a PyTorch for GPUs of 3 GB more: see the README"
    )
    STAMP.unlink(missing_ok=True)
    try:
        run([sys.executable, "-m", "venv", "--clear", str(VENV)])
        python = str(BIN / "python")
        packages = ["--editable", f"{ROOT}[dev]"]
        run([python, "-m", "pip", "install", "--quiet", "--constraint", str(ROOT / "constraints.txt"), *packages])
    except subprocess.CalledProcessError as error:
        stop(
            f"the installation ended with status {error.returncode}; pip's own words stand above",
            "check the network and the disk, then run the same command again: nothing half-made is kept",
        )
    STAMP.write_text(checksum() + "\n")
    say("done")


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, cwd=ROOT)


def say(text: str) -> None:
    print(f"bootstrap: {text}.", file=sys.stderr, flush=True)


def stop(fault: str, mend: str) -> None:
    sys.exit(f"bootstrap: {fault}.\n  To mend it: {mend}.")


if __name__ == "__main__":
    main()
