"""The machine around a course while hostile work is graded: planted secrets, listeners, what changed afterwards.

Everything lies below one temporary folder; the processes looked at are those that carry this run's mark.
"""

import hashlib
import os
import socket
import sys
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from grader.sandbox import probe
from tests.attacks.course import TOKENS

MARK = "mlsd-attack"
RUN = "ATTACK_RUN"
# The commands run the grader that the tests import, in a worktree of its own too, at the level of the whole run.
SAME_CODE = ("PYTHONPATH", probe.CEILING)


def environment(root: Path, run: str = "") -> dict[str, str]:
    """What a grading command gets: a home of its own, a planted secret, this interpreter's commands, no index."""
    home = root / "home"
    home.mkdir(exist_ok=True)
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "HOME": str(home),
        "TMPDIR": str(_open_folder(root / "tmp")),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).parents[2]),  # the commands run the code that these tests stand beside
        "PLANTED": TOKENS["environment"],
        RUN: run,
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    } | {name: os.environ[name] for name in SAME_CODE if name in os.environ}


@dataclass
class Host:
    """A course folder (`root`/course), a home and other folders beside it, all open to everybody, and listeners."""

    root: Path
    run: str = field(default_factory=lambda: f"run-{uuid.uuid4().hex[:12]}")
    heard: list[bytes] = field(default_factory=list)
    sockets: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.environment = environment(self.root, self.run)
        _open_folder(self.root / "outside")
        (self.root / "home" / "secret.txt").write_text(TOKENS["home"])

    @property
    def places(self) -> dict[str, str]:
        """What an attack's text calls @NAME@: it knows this machine well."""
        ports = [str(listener.getsockname()[1]) for listener in self.sockets[:2]] or ["9", "9"]
        names = {name: str(self.root / name) for name in ("course", "home", "outside")}
        return names | {"tcp": ports[0], "udp": ports[1], "run": self.run, "mnt": _namespace("mnt")}

    def __enter__(self) -> "Host":
        """Hear what is sent to this machine: TCP, UDP, a socket file, an abstract socket."""
        tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        by_path, by_name = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        addresses = [("127.0.0.1", 0), ("127.0.0.1", 0), str(self.root / "outside" / "ear"), f"\0{self.run}"]
        self.sockets = [tcp, udp, by_path, by_name]
        for listener, address in zip(self.sockets, addresses, strict=True):
            listener.bind(address)
            threading.Thread(target=self._hear, args=(listener,), daemon=True).start()
        (self.root / "outside" / "ear").chmod(0o777)
        return self

    def _hear(self, one: socket.socket) -> None:
        try:
            if one.type == socket.SOCK_DGRAM:
                while True:
                    self.heard.append(one.recv(1000))
            one.listen()
            while True:
                peer, _ = one.accept()
                with peer:
                    peer.settimeout(2)
                    self.heard.append(peer.recv(1000))
        except OSError:
            return

    def open_up(self) -> None:
        """Let everybody write everything, so that only a sandbox protects it, not this user's name."""
        for path in [self.root, *self.root.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o777 if path.is_dir() else 0o666)

    def __exit__(self, *_: object) -> None:
        """End the listeners and every process that is left of this run."""
        for listener in self.sockets:
            listener.close()
        for process in self.left(0):
            process.kill()
        for name in self._shared():
            Path("/dev/shm", name).unlink()

    def left(self, patience_s: float = 3.0) -> list[psutil.Process]:
        """The processes that carry this run's mark in environment or command line and do not end by themselves soon."""
        found = [
            process for process in psutil.process_iter() if process.pid != os.getpid() and _carries(process, self.run)
        ]
        psutil.wait_procs(found, patience_s)
        return [process for process in found if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]

    def snapshot(self) -> dict[str, str]:
        """A digest of every file of the host, and of shared memory's names; the grader's own output is left out."""
        return dict(_digests(self.root)) | {f"/dev/shm/{name}": "" for name in self._shared()}

    def _shared(self) -> list[str]:
        names = os.listdir("/dev/shm") if os.path.isdir("/dev/shm") else []
        return [name for name in names if self.run in name]

    def changed(self, before: dict[str, str]) -> list[str]:
        """What was written, altered or deleted outside the output since `before`."""
        after = self.snapshot()
        return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


# Below these a grader writes; what it may write there is looked at by its marks.
OUTPUT = (
    "course/autograded", "course/feedback", "course/reports", "course/gradebook.db", "course/.",
    "tmp", "home/.",
)  # fmt: skip


def _digests(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if name.startswith(OUTPUT) and MARK not in name:
            continue
        if path.is_symlink():
            yield name, os.readlink(path)
        elif path.is_file():
            yield name, hashlib.sha256(path.read_bytes()).hexdigest()
        else:
            yield name, "folder or special file"


def _carries(process: psutil.Process, run: str) -> bool:
    try:
        return run in " ".join(process.cmdline()) or process.environ().get(RUN) == run
    except psutil.Error:
        return False


def _namespace(kind: str) -> str:
    try:
        return os.readlink(f"/proc/self/ns/{kind}")
    except OSError:
        return "none"


def _open_folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o777)
    return path
