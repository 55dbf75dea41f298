"""Make the course's virtual environments, once; a second call takes a moment.

Run by `make lab` and `make test`; on a machine without make: `python bootstrap.py`, then `.venv/bin/mlsd lab`.
`make tools`, or `python bootstrap.py --tools`, makes `.venv-tools` in the same way, for tools that lessons call.
Needs nothing but Python's standard library, so that it can say what is missing before anything is installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OLDEST, NEWEST = (3, 11), (3, 13)
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
JUPYTER = "etc/jupyter/jupyter_server_config.d"
# Formgrader's buttons go through the engine, however JupyterLab is started here.
BUTTONS = "grader/jupyter/jupyter_server_config.d/mlsd.json"


@dataclass(frozen=True)
class Environment:
    """A virtual environment `name` in the folder `root`.

    `inputs` are the files that decide what is installed, the constraints last; `packages` what pip is given;
    `disk_gb` what must be free to begin; `notice` what a reader is told before the wait; `settings` a file that every
    Jupyter server of the environment reads, "" for none.
    """

    root: Path
    name: str
    inputs: tuple[str, ...]
    packages: tuple[str, ...]
    disk_gb: float
    notice: str
    settings: str = ""

    @property
    def folder(self) -> Path:
        """Where the environment lies."""
        return self.root / self.name

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / SCRIPTS / "python"

    @property
    def stamp(self) -> Path:
        """The file that says what the environment was made from; written last."""
        return self.folder / "made-from"

    @property
    def lock(self) -> Path:
        """The file that one installation at a time holds; beside the folder, which an installation empties."""
        return self.root / f"{self.name}.lock"


def core(root: Path) -> Environment:
    """The environment in which the course runs."""
    return Environment(
        root,
        ".venv",
        inputs=(BUTTONS, "pyproject.toml", "constraints.txt"),
        packages=("--editable", f"{root}[dev]"),
        disk_gb=4.0,
        notice="about 2.6 GB, two minutes; pip downloads JupyterLab, PyTorch and scientific packages; elsewhere than "
        "on this course's own machines it may choose a PyTorch for GPUs of 3 GB more: see the README",
        settings=BUTTONS,
    )


def tools(root: Path) -> Environment:
    """The environment of the tools that lessons call as processes; without it those sections are left out."""
    return Environment(
        root,
        ".venv-tools",
        inputs=("tools/requirements.txt", "tools/constraints.txt"),
        packages=("--requirement", str(root / "tools" / "requirements.txt")),
        disk_gb=1.0,
        notice="about 0.2 GB, a minute; pip downloads DVC and what it needs",
    )


ROOT = Path(__file__).resolve().parent
KINDS = {(): core, ("--tools",): tools}


def main(arguments: list[str]) -> None:
    """Check Python, make or renew the environment asked for if its stamp is not current."""
    check_python(sys.version_info[:2])
    kind = KINDS.get(tuple(arguments))
    if kind is None:
        stop(f"{' '.join(arguments)} is no option", "python bootstrap.py for the course, with --tools for its tools")
    environment = kind(ROOT)
    if is_current(environment):
        return
    with one_at_a_time(environment):
        if not is_current(environment):
            check_disk(environment, shutil.disk_usage(ROOT).free / 1e9)
            install(environment)


def check_python(version: tuple[int, ...]) -> None:
    """Stop with the fix if this Python is too old, too new or has no venv."""
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


def check_disk(environment: Environment, free_gb: float) -> None:
    """Stop with the fix if the disk cannot hold the environment."""
    if free_gb < environment.disk_gb:
        needed = f"{environment.name} needs {environment.disk_gb:.0f} GB"
        stop(f"{environment.root} has {free_gb:.1f} GB free; {needed}", "free some space first")


def checksum(environment: Environment) -> str:
    """What the environment is made from: the files that say what goes in, the Python, and this folder's path."""
    inputs = b"".join((environment.root / name).read_bytes() for name in environment.inputs)
    digest = hashlib.sha256()
    for part in (inputs, str(environment.root).encode(), sys.version.encode()):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def is_current(environment: Environment) -> bool:
    """True if the environment was finished from these inputs in this place and its Python is still there."""
    if not environment.python.exists() or not environment.stamp.is_file():
        return False
    return environment.stamp.read_text().strip() == checksum(environment)


@contextmanager
def one_at_a_time(environment: Environment) -> Iterator[None]:
    """Two calls at once (`make -j2`, two shells) must not install over each other: the second waits."""
    try:
        import fcntl
    except ImportError:  # Windows, where nothing calls this twice at once
        yield
        return
    try:
        lock = environment.lock.open("w")
    except PermissionError:
        stop(f"{environment.root} cannot be written by this user", "copy the course into a folder of your own")
    with lock:  # the system lets go of it when this process ends, however it ends
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another installation is running here; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(environment: Environment) -> None:
    """Install the packages under the constraints; the stamp is written last, so a break leaves none."""
    say(f"making {environment.name} ({environment.notice})")
    environment.stamp.unlink(missing_ok=True)
    made_from = checksum(environment)  # now: the files may change while pip works
    constraints = str(environment.root / environment.inputs[-1])
    pip = [str(environment.python), "-m", "pip", "install", "--quiet", "--constraint", constraints]
    try:
        run([base_python(), "-m", "venv", "--clear", str(environment.folder)])
        run([*pip, *environment.packages])
    except subprocess.CalledProcessError as error:
        stop(
            f"the installation ended with status {error.returncode}; pip's own words stand above",
            "check the network and the disk, then run the same command again: nothing half-made is kept",
        )
    if environment.settings:
        (environment.folder / JUPYTER).mkdir(parents=True, exist_ok=True)
        shutil.copy(environment.root / environment.settings, environment.folder / JUPYTER)
    environment.stamp.write_text(made_from + "\n")
    say("done")


def base_python() -> str:
    """This Python outside of any virtual environment: started from one, it would clear itself away."""
    return str(getattr(sys, "_base_executable", sys.executable))


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, cwd=ROOT)


def say(text: str) -> None:
    print(f"bootstrap: {text}.", file=sys.stderr, flush=True)


def stop(fault: str, fix: str) -> None:
    sys.exit(f"bootstrap: {fault}.\n  To fix it: {fix}.")


if __name__ == "__main__":
    main(sys.argv[1:])
