"""Make the course's virtual environments, once; a second call takes a moment.

Run by `make lab` and `make test`; on a machine without make: `python bootstrap.py`, then `.venv/bin/mlsd lab`.
`make tools`, or `python bootstrap.py --tools`, makes `.venv-tools` and its neighbours for the tools that lessons call.
uv installs, told what pip is configured with; where it cannot, pip does.
An environment stays with the Python that it was made with, until its inputs change or `--this-python` names another.
Needs nothing but Python's standard library, so that it can say what is missing before anything is installed.
"""

import ast
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, TextIO

OLDEST, NEWEST = (3, 11), (3, 13)
NAMES = ("python3.11", "python3.12", "python3.13", "python3")
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
JUPYTER = "etc/jupyter/jupyter_server_config.d"
# Formgrader's buttons go through the engine, however JupyterLab is started here.
BUTTONS = "grader/jupyter/jupyter_server_config.d/mlsd.json"
UV_OPTIONS = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
    "constraint": "--constraint",
    "trusted-host": "--allow-insecure-host",
}
"""pip's settings that say what may be installed and from where, and the option of uv that means the same."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment `name` in the folder `root`.

    `inputs` are the files that decide what is installed, the constraints last; `packages` what pip is given;
    `disk_gb` what must be free to begin; `notice` what a reader sees before the wait; `settings` a file that every
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
        """The file that says what the environment was made from, then with which Python; written last."""
        return self.folder / "made-from"

    @property
    def lock(self) -> Path:
        """The file that one installation at a time holds; beside the folder, which an installation empties."""
        return self.root / f"{self.name}.lock"


def core(root: Path) -> Environment:
    """The environment in which the course runs."""
    buttons = (BUTTONS,) if (root / BUTTONS).is_file() else ()  # a student edition has none
    return Environment(
        root,
        ".venv",
        inputs=(*buttons, "pyproject.toml", "constraints.txt"),
        packages=("--editable", f"{root}[grader,dev]"),
        disk_gb=4.0,
        notice="JupyterLab, PyTorch and scientific packages: 0.8 GB to download, 3 GB on disk; two minutes on a "
        "fast line, six at 20 Mbit/s; pip may choose a PyTorch for GPUs, of 3 GB more: the README says how to avoid it",
        settings="".join(buttons),
    )


def tools(root: Path, name: str = "tools") -> Environment:
    """An environment of tools that lessons call as processes; without it those sections are left out."""
    folder = f"environments/{name}"
    disk_gb, notice = TOOLS[name]
    return Environment(
        root,
        f".venv-{name}",
        inputs=(f"{folder}/requirements.txt", f"{folder}/constraints.txt"),
        packages=("--requirement", str(root / folder / "requirements.txt")),
        disk_gb=disk_gb,
        notice=notice,
    )


TOOLS = {
    "tools": (5.0, "Spark, Beam, TensorFlow, Ray, TorchServe, BentoML, MLflow, Kubeflow, DVC: 1.6 GB to download"),
    "airflow": (1.0, "Airflow, which wants to be alone: 0.1 GB to download"),
    "site": (0.5, "Sphinx, which makes pages of the course: 0.1 GB to download"),
    "generative": (0.5, "ONNX Runtime's package for language models: 0.1 GB to download"),
    "pandas2": (1.5, "Feast and Evidently, which need an older pandas: 0.3 GB to download"),
}
"""What must be free on the disk, GB, and what a reader sees before the wait."""
ROOT = Path(__file__).resolve().parent
THIS = "--this-python"
KINDS = {
    (): (core,),
    ("--tools",): tuple(partial(tools, name=name) for name in TOOLS),
    ("--site",): (partial(tools, name="site"),),
}


def main(arguments: list[str]) -> None:
    """Check Python, make or renew each environment asked for."""
    check_python(sys.version_info[:2])
    named = THIS in arguments
    asked = tuple(argument for argument in arguments if argument != THIS)
    kinds = KINDS.get(asked)
    if kinds is None:
        options = (
            f"python bootstrap.py for the course, --tools for its tools, --site for pages; {THIS} takes no other Python"
        )
        stop(f"{' '.join(asked)} is no option", options)
    for kind in kinds:
        make(kind(ROOT), named)


def make(environment: Environment, named: bool = False) -> None:
    """Make or renew an environment if its stamp is not current; `named`: with this Python and no other."""
    check_inputs(environment)
    if is_current(environment, named):
        return
    with one_at_a_time(environment):
        if not is_current(environment, named):
            check_disk(environment, shutil.disk_usage(ROOT).free / 1e9)
            install(environment, base_python() if named else open_python())


def check_inputs(environment: Environment) -> None:
    """Stop where what decides the environment is not here: a student edition has the course's own alone."""
    if missing := [name for name in environment.inputs if not (environment.root / name).is_file()]:
        stop(
            f"{environment.root} has no {missing[0]}, of which {environment.name} is made; a student edition has none",
            "use the full repository; the course itself runs without it",
        )


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


def checksum(environment: Environment, version: str) -> str:
    """What the environment is made from: the files that say what goes in, the Python, and this folder's path."""
    inputs = b"".join((environment.root / name).read_bytes() for name in environment.inputs)
    digest = hashlib.sha256()
    for part in (inputs, str(environment.root).encode(), version.encode()):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def is_current(environment: Environment, named: bool = False) -> bool:
    """True if the environment was finished from these inputs in this place and its Python is still there.

    If this Python was `named`, that must be it.
    """
    if not environment.python.exists() or not environment.stamp.is_file():
        return False
    made_from, python, *_ = [*environment.stamp.read_text(encoding="utf-8").splitlines(), base_python(), ""]
    if named and os.path.realpath(python) != os.path.realpath(base_python()):
        return False
    return made_from == checksum(environment, version_of(python))


def open_python() -> str:
    """This Python; where root is here and it is closed to others, an open one on the path if there is one.

    Students' code is run as another user, who could not start a Python in root's own folder.
    """
    own = base_python()
    if not hasattr(os, "getuid") or os.getuid() != 0:
        return own
    chosen = first_open(own, on_path(os.environ.get("PATH", os.defpath)), closed_at, fits)
    if chosen != own:
        say(f"{own} lies in {closed_at(own)}, closed to the user as whom students' code runs; taking {chosen}")
    return chosen


def first_open(own: str, others: Iterable[str], closed: Callable[[str], str], fit: Callable[[str], bool]) -> str:
    """`own` unless it is closed and one of the `others` is open and fit: then the first of these."""
    if not closed(own):
        return own
    return next((other for other in others if not closed(other) and fit(other)), own)


def on_path(path: str) -> list[str]:
    """The programs on `path` that may be a Python, where they really lie; of the version tested most first."""
    places = [os.path.join(folder, name) for name in NAMES for folder in path.split(os.pathsep) if folder]
    return list(dict.fromkeys(os.path.realpath(place) for place in places if os.access(place, os.X_OK)))


def closed_at(program: str) -> str:
    """The file or folder that keeps other users from `program`; empty if nothing does."""
    path = Path(os.path.realpath(program))
    return next((str(part) for part in (path, *path.parents) if not part.stat().st_mode & stat.S_IXOTH), "")


def fits(python: str) -> bool:
    """True if `python` works, is new enough, can make an environment, is in none, and is no door to a closed Python."""
    code = "import sys, venv, ensurepip; print(sys.version_info[:2], sys.prefix, sys.base_prefix, sep='\\n')"
    version, prefix, base = [*answer(python, code).splitlines(), "()", "", ""][:3]
    return OLDEST <= ast.literal_eval(version) <= NEWEST and prefix == base and not closed_at(prefix)


def version_of(python: str) -> str:
    """What `python` calls its version; empty if it cannot be run."""
    return sys.version if python == base_python() else answer(python, "import sys; print(sys.version, end='')")


def answer(python: str, code: str) -> str:
    """What `python` prints when it runs `code`; empty if it fails."""
    try:
        return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


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


def install(environment: Environment, python: str) -> None:
    """Install the packages under the constraints; the stamp is written last, so a break leaves none."""
    say(f"making {environment.name} ({environment.notice})")
    environment.stamp.unlink(missing_ok=True)
    made_from = checksum(environment, version_of(python))  # now: the files may change while packages come
    try:
        subprocess.run([python, "-m", "venv", "--clear", str(environment.folder)], check=True)
        with Progress(sys.stderr, expected_packages(environment)) as progress:
            if not install_with_uv(environment, progress):
                watch([*pip(environment, "install", "--progress-bar", "off"), *wanted(environment)], progress)
    except subprocess.CalledProcessError as error:
        stop(
            f"the installation ended with status {error.returncode}; pip's own words stand above",
            "check the network and the disk, then run the same command again: nothing half-made is kept",
        )
    if environment.settings:
        (environment.folder / JUPYTER).mkdir(parents=True, exist_ok=True)
        shutil.copy(environment.root / environment.settings, environment.folder / JUPYTER)
    environment.stamp.write_text(f"{made_from}\n{python}\n", encoding="utf-8")
    say("done")


def pip(environment: Environment, *arguments: str) -> list[str]:
    """A call of the environment's own pip."""
    return [str(environment.python), "-m", "pip", *arguments]


def wanted(environment: Environment) -> list[str]:
    """What pip and uv are both told: the constraints and the packages."""
    return ["--constraint", str(environment.root / environment.inputs[-1]), *environment.packages]


def install_with_uv(environment: Environment, progress: "Progress") -> bool:
    """Install by uv, in a third of pip's time. False where uv cannot be had or does not manage: then pip tries."""
    try:
        configured = subprocess.run(pip(environment, "config", "list"), capture_output=True, text=True, check=True)
        watch(pip(environment, "install", "--quiet", "uv"), progress)
        uv = [str(environment.python), "-m", "uv"]
        cache = subprocess.run([*uv, "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()
        here = ["--compile-bytecode", "--python", str(environment.python), *cache_options(Path(cache))]
        watch([*uv, "pip", "install", *here, *uv_options(configured.stdout), *wanted(environment)], progress)
    except subprocess.CalledProcessError:
        say("uv could not install, its words stand above; pip tries now")
        return False
    return True


def cache_options(cache: Path) -> list[str]:
    """Without a cache where its folder cannot be written, as in a read-only home: uv would stop there."""
    there = next(folder for folder in (cache, *cache.parents) if folder.exists())
    return [] if there.is_dir() and os.access(there, os.W_OK | os.X_OK) else ["--no-cache"]


def uv_options(pip_config: str) -> list[str]:
    """What `pip config list` says about indexes, as uv's options; uv itself reads none of pip's settings."""
    options: list[str] = []
    for line in pip_config.splitlines():
        key, _, value = line.partition("=")
        option = UV_OPTIONS.get(key.rpartition(".")[2])
        if option:
            # pip writes the value as Python does, several of them with line ends between
            options += [part for word in ast.literal_eval(value).split() for part in (option, word)]
    # As pip does: the best version of all indexes, not that of the first index which knows the name.
    return [*options, "--index-strategy", "unsafe-best-match"] if "--index" in options else options


def base_python() -> str:
    """This Python outside of any virtual environment: started from one, it would clear itself away.

    On Linux where it really lies: the sandbox shows students' code a Python, and no links to it in other folders.
    """
    own = str(getattr(sys, "_base_executable", sys.executable))
    return os.path.realpath(own) if sys.platform.startswith("linux") else own


def expected_packages(environment: Environment) -> int:
    """About how many packages an installation fetches: the lines of the constraints that name one for this machine."""
    lines = (environment.root / environment.inputs[-1]).read_text(encoding="utf-8").splitlines()
    return sum(bool(line) and not line.startswith("#") and ";" not in line for line in lines)


class Progress:
    """Where an installation stands, read off pip's own log: on a terminal one line that changes, else one a step.

    pip says which package it looks at, fetches and installs, and not how much is left: `expected` packages is about
    how many it will name.
    """

    STEPS: ClassVar = {
        "Collecting": "looking at",
        "Downloading": "downloading",
        "Using": "using a copy of",
        "Building": "building",
        "Installing": "installing what was fetched; nothing more is said until it is done",
        "Resolved": "versions chosen, fetching packages",  # from here on what uv says
        "Prepared": "installing what was fetched",
    }
    OF_ALL = ("Installing", "Resolved", "Prepared")

    def __init__(self, to: TextIO, expected: int) -> None:
        self.to, self.expected, self.named = to, expected, 0
        self.started = self.written = time.monotonic()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self.to.isatty():
            self.to.write("\r\x1b[K")

    def line(self, text: str) -> None:
        """Take one line of pip's log."""
        word, *rest = text.split() or [""]
        of_no_package = ".metadata" in text or text.startswith("Installing build dependencies")
        if word not in self.STEPS or of_no_package:
            return
        self.named += word == "Collecting"
        what = "" if word in self.OF_ALL else _package(rest)
        spent = int(time.monotonic() - self.started)
        count = f"{min(self.named, self.expected)} of about {self.expected} packages, " if self.named else ""
        text = f"{count}{spent // 60}:{spent % 60:02d}, {self.STEPS[word]} {what}"
        self._write(text.rstrip(), last=word in self.OF_ALL)

    def _write(self, text: str, last: bool) -> None:
        if self.to.isatty():
            width = shutil.get_terminal_size().columns - 1
            self.to.write(f"\r\x1b[K{text[:width]}")
        elif last or time.monotonic() - self.written > 15:
            self.written = time.monotonic()
            self.to.write(f"bootstrap: {text}\n")
        self.to.flush()


def _package(words: list[str]) -> str:
    """What pip's line is about: of a file's name the part before its version, and its size."""
    text = " ".join(words).removeprefix("cached ").partition(" (from")[0]
    file, _, size = text.partition(" ")
    return f"{file.split('-')[0]} {size}".strip() if file.endswith((".whl", ".gz")) else text


def watch(command: list[str], progress: Progress) -> None:
    """Run `command` from the course's folder; where it fails, its last lines are printed and it raises."""
    kept: deque[str] = deque(maxlen=30)
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        cwd=ROOT,
    ) as process:
        for text in process.stdout or ():
            kept.append(text)
            progress.line(text.strip())
    if process.returncode:
        sys.stderr.write("\n" + "".join(kept))
        raise subprocess.CalledProcessError(process.returncode, command)


def say(text: str) -> None:
    print(f"bootstrap: {text}.", file=sys.stderr, flush=True)


def stop(fault: str, fix: str) -> None:
    sys.exit(f"bootstrap: {fault}.\n  To fix it: {fix}.")


if __name__ == "__main__":
    main(sys.argv[1:])
