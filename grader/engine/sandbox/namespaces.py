"""Two walls of namespaces, without a container: one round the warmed process, one more round each session.

The outer wall is a new root that holds only what a `View` lists, read-only. The inner wall gives a session its own
processes, network (loopback only), shared memory and a small file system to write to. Both work as root (the process
then becomes an unprivileged user) and as an ordinary user. Standard library only.
"""

import os
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.engine.sandbox import kernel

SCRATCH = "/scratch"  # the only place to write to; a session's own
HOME = f"{SCRATCH}/home"
LINKS = {"/tmp": f"{SCRATCH}/tmp", "/var/tmp": f"{SCRATCH}/tmp", "/dev/shm": f"{SCRATCH}/shm"}
DEVICES = ("null", "zero", "full", "random", "urandom")
DEVICE_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
OUTER_SCRATCH_MB = 64
_ALL = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS
_OLD = "/.outside"
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1


@dataclass(frozen=True)
class Step:
    """One entry of a root being built: `kind` is "bind" (what is at `target`, read-only), "mask" (empty) or "link"."""

    kind: str
    path: str
    target: str = ""


def enter_outer(user: int | None) -> None:
    """Put this process's next child behind the outer wall; this process stays outside of its process namespace.

    As root `user` is the id that the child will take on; an ordinary user keeps the own one (`user` is None).
    """
    own, group = os.getuid(), os.getgid()
    if user is None:
        kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWPID | _ALL)
        _write_maps("self", {own: own}, {group: group}, deny=True)
        return
    go, done = os.pipe(), os.pipe()
    target, helper = os.getpid(), os.fork()
    if helper == 0:  # still in the old user namespace, where root may map more than itself
        try:
            os.read(go[0], 1)
            _write_maps(str(target), {0: 0, user: user}, {0: 0, user: user}, deny=False)
            os.write(done[1], b"1")
        finally:
            os._exit(0)
    kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWPID | _ALL)
    os.write(go[1], b"1")
    os.waitpid(helper, 0)
    os.close(done[1])
    mapped = os.read(done[0], 1)
    for descriptor in (*go, done[0]):
        os.close(descriptor)
    if not mapped:
        raise OSError("the user ids of the new namespace could not be set")


def become(user: int) -> None:
    """Turn from root into `user`, keeping the rights over the own namespace."""
    os.setgroups([])
    kernel.prctl(kernel.PR_SET_KEEPCAPS, 1)
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    kernel.set_capabilities(kernel.ALL_CAPABILITIES)


def build_root(steps: Sequence[Step], texts: Mapping[str, str]) -> None:
    """Replace the root of this process's file system by one that holds `steps`, `texts` in /etc, and nothing else."""
    kernel.mount("", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", "/tmp", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=4m,mode=0755")
    os.mkdir(f"/tmp{_OLD}")
    kernel.pivot_root("/tmp", f"/tmp{_OLD}")
    os.chdir("/")
    for step in steps:
        _add(step)
    for step in steps:
        if step.kind == "mask":
            kernel.set_mount_flags(step.path, kernel.MS_RDONLY, recursive=False)
    _add_devices()
    os.mkdir("/proc")
    show_processes(_OLD + "/proc")
    os.makedirs(SCRATCH)
    for place, target in LINKS.items():
        if not os.path.lexists(place):  # it exists if something below it is shown
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.symlink(target, place)
    os.makedirs("/etc", exist_ok=True)
    for name, text in texts.items():
        with open(f"/etc/{name}", "w") as file:
            file.write(text)
    kernel.unmount(_OLD)
    os.rmdir(_OLD)
    kernel.set_mount_flags("/", kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV, recursive=False)


def show_processes(fallback: str = "") -> None:
    """Show the processes of this namespace in /proc; in a container that forbids it, what `fallback` shows."""
    try:
        flags = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
        kernel.mount("proc", "/proc", "proc", flags)
    except PermissionError:
        if fallback:
            kernel.mount(fallback, "/proc", flags=kernel.MS_BIND | kernel.MS_REC)


def mount_scratch(size_mb: int) -> None:
    """A fresh, bounded file system in memory at `SCRATCH`: a home, temporary files, shared memory."""
    flags = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("tmpfs", SCRATCH, "tmpfs", flags, f"size={size_mb}m,nr_inodes=8192,mode=0755")
    for name in ("home", "tmp", "shm"):
        os.mkdir(f"{SCRATCH}/{name}", 0o700)


def enter_inner(files_mb: int) -> None:
    """Put this process, the first of a new process namespace, behind the inner wall. Call it before any thread.

    It comes with the warmed process's rights over the outer namespaces and leaves without any.
    """
    kernel.unshare(_ALL)
    kernel.mount("", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    mount_scratch(files_mb)
    show_processes()
    _bring_loopback_up()
    socket.sethostname("localhost")  # else looking up our own name may ask a server
    kernel.set_capabilities(0)


def names(user: int, group: int) -> dict[str, str]:
    """The few files of /etc that name users and hosts, with nothing of this machine in them."""
    return {
        "passwd": f"student:x:{user}:{group}:student:{HOME}:/bin/sh\n",
        "group": f"student:x:{group}:\n",
        "hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
        "hostname": "localhost\n",
    }


def _add(step: Step) -> None:
    if step.kind == "link":
        os.makedirs(os.path.dirname(step.path), exist_ok=True)
        os.symlink(step.target, step.path)
        return
    if step.kind == "mask":
        os.makedirs(step.path, exist_ok=True)
        flags = kernel.MS_NOSUID | kernel.MS_NODEV
        kernel.mount("tmpfs", step.path, "tmpfs", flags, "size=1m,mode=0755")
        return
    source = _OLD + step.target
    if not os.path.exists(source):
        return
    _make_place(step.path, os.path.isdir(source))
    kernel.mount(source, step.path, flags=kernel.MS_BIND | kernel.MS_REC)
    kernel.set_mount_flags(step.path, kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV)


def _add_devices() -> None:
    os.makedirs("/dev")
    for name in DEVICES:
        _make_place(f"/dev/{name}", False)
        kernel.mount(f"{_OLD}/dev/{name}", f"/dev/{name}", flags=kernel.MS_BIND)
    for name, target in DEVICE_LINKS.items():
        os.symlink(target, f"/dev/{name}")


def _make_place(path: str, is_folder: bool) -> None:
    os.makedirs(path if is_folder else os.path.dirname(path), exist_ok=True)
    if not is_folder and not os.path.exists(path):
        with open(path, "w"):
            pass


def _write_maps(process: str, users: dict[int, int], groups: dict[int, int], deny: bool) -> None:
    if deny:
        kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # a change of rights made our own /proc files root's
        _write(f"/proc/{process}/setgroups", "deny")
    for name, ids in (("uid_map", users), ("gid_map", groups)):
        _write(f"/proc/{process}/{name}", "".join(f"{inside} {outside} 1\n" for inside, outside in ids.items()))


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def _bring_loopback_up() -> None:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP) + bytes(22))
