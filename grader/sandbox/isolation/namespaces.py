"""Two layers of namespaces, without a container: one round the warmed process, one more round each session.

The outer layer is a new root that holds only what a `View` lists, read-only; bubblewrap builds it, and here the process
gets the rights that the inner layer needs. That one gives a session its own processes, network (loopback only), shared
memory and a small file system to write to. Both work as root (the process then becomes an unprivileged user) and as an
ordinary user.
"""

import contextlib
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from grader.sandbox.isolation import syscalls
from notebook_runner.isolation import bring_loopback_up

SCRATCH = "/scratch"  # the only place to write to; a session's own
HOME = f"{SCRATCH}/home"
LINKS = {"/tmp": f"{SCRATCH}/tmp", "/var/tmp": f"{SCRATCH}/tmp", "/dev/shm": f"{SCRATCH}/shm"}
DEVICES = ("null", "zero", "full", "random", "urandom")
DEVICE_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
OUTER_SCRATCH_MB = 64
_ALL = syscalls.CLONE_NEWNS | syscalls.CLONE_NEWNET | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWUTS


@dataclass(frozen=True)
class Step:
    """One entry of a root being built: `kind` is "bind" (what is at `target`, read-only), "mask" (empty) or "link"."""

    kind: str
    path: str
    target: str = ""


def enter_outer(user: int | None) -> None:
    """Put this process's next child into the outer layer; this process stays outside of its process namespace.

    As root `user` is the id that the child will take on; an ordinary user keeps the own one (`user` is None).
    """
    own, group = os.getuid(), os.getgid()
    if user is None:
        syscalls.unshare(syscalls.CLONE_NEWUSER | syscalls.CLONE_NEWPID | _ALL)
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
    syscalls.unshare(syscalls.CLONE_NEWUSER | syscalls.CLONE_NEWPID | _ALL)
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
    syscalls.prctl(syscalls.PR_SET_KEEPCAPS, 1)
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    syscalls.set_capabilities(syscalls.ALL_CAPABILITIES)


def cover(folders: Sequence[str]) -> None:
    """Put an empty, read-only folder over each of `folders` that exists; who has no rights cannot take it away."""
    for path in folders:
        if os.path.isdir(path):
            flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
            syscalls.mount("tmpfs", path, "tmpfs", flags, "size=4k,mode=0755")
            syscalls.set_mount_flags(path, syscalls.MS_RDONLY, recursive=False)


def show_processes() -> None:
    """Show the processes of this namespace in /proc; a container may forbid it, and then shows what it shows."""
    with contextlib.suppress(PermissionError):
        flags = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
        syscalls.mount("proc", "/proc", "proc", flags)


def mount_scratch(size_mb: int) -> None:
    """A fresh, bounded file system in memory at `SCRATCH`: a home, temporary files, shared memory."""
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV
    syscalls.mount("tmpfs", SCRATCH, "tmpfs", flags, f"size={size_mb}m,nr_inodes=8192,mode=0755")
    for name in ("home", "tmp", "shm"):
        os.mkdir(f"{SCRATCH}/{name}", 0o700)


def enter_inner(files_mb: int) -> None:
    """Put this process, the first of a new process namespace, into the inner layer. Call it before any thread.

    It comes with the warmed process's rights over the outer namespaces and leaves without any.
    """
    syscalls.unshare(_ALL)
    syscalls.mount("", "/", flags=syscalls.MS_REC | syscalls.MS_PRIVATE)
    mount_scratch(files_mb)
    show_processes()
    bring_loopback_up()
    socket.sethostname("localhost")  # else looking up our own name may ask a server
    syscalls.set_capabilities(0)


def names(user: int, group: int) -> dict[str, str]:
    """The few files of /etc that name users and hosts, with nothing of this machine in them."""
    return {
        "passwd": f"student:x:{user}:{group}:student:{HOME}:/bin/sh\n",
        "group": f"student:x:{group}:\n",
        "hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
        "hostname": "localhost\n",
    }


def _write_maps(process: str, users: dict[int, int], groups: dict[int, int], deny: bool) -> None:
    if deny:
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)  # a change of rights made our own /proc files root's
        _write(f"/proc/{process}/setgroups", "deny")
    for name, ids in (("uid_map", users), ("gid_map", groups)):
        _write(f"/proc/{process}/{name}", "".join(f"{inside} {outside} 1\n" for inside, outside in ids.items()))


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
