"""A process without a network beyond itself: a private network namespace, or an audit hook where there is none.

Standard library only, and no other module of the course: it runs before anything else in a runner's process, and
alone, as a script, to say what this machine offers. Source: unshare(2), user_namespaces(7), netdevice(7).
"""

import ctypes
import errno
import os
import socket
import struct
import sys
from collections.abc import Mapping

NAMESPACE = "private network namespace"
HOOK = "audit hook, blind to C code"
CLONE_NEWUTS, CLONE_NEWUSER, CLONE_NEWNET = 0x04000000, 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1


def enter() -> str:
    """Cut this process off the network as well as the machine allows; the level reached, `NAMESPACE` or `HOOK`.

    For `HOOK` nothing has happened yet: the processes to be started must load the hook. Call it before any thread.
    """
    if not sys.platform.startswith("linux") or not _a_child_can_enter():
        return HOOK
    _enter_namespace()
    return NAMESPACE


def available() -> str:
    """The level that `enter` would reach here; asks a short-lived process, so that this one stays as it is."""
    import subprocess

    command = [sys.executable, "-I", os.path.abspath(__file__)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def wanted(environ: Mapping[str, str] = os.environ) -> str:
    """The level asked for: MLSD_OFFLINE says `namespace` or `hook`; else the namespace where CI is set on Linux.

    Empty if the best that there is will do.
    """
    said = {"namespace": NAMESPACE, "hook": HOOK}.get(environ.get("MLSD_OFFLINE", ""), "")
    return said or (NAMESPACE if environ.get("CI") and sys.platform.startswith("linux") else "")


def refused_routes() -> int:
    """How many packets of this network namespace found no route: 0 if nothing tried to leave the machine."""
    count = 0
    with open("/proc/self/net/snmp") as v4:
        lines = [line.split() for line in v4 if line.startswith("Ip:")]
    count += int(dict(zip(*lines, strict=True))["OutNoRoutes"])
    try:
        with open("/proc/self/net/snmp6") as v6:
            count += sum(int(line.split()[1]) for line in v6 if line.startswith("Ip6OutNoRoutes"))
    except OSError:
        pass  # a kernel without IPv6
    return count


def _a_child_can_enter() -> bool:
    """Tried in a fork: a half-entered namespace cannot be left again."""
    pid = os.fork()
    if pid == 0:
        try:
            _enter_namespace()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def _enter_namespace() -> None:
    uid, gid = os.getuid(), os.getgid()
    try:
        _unshare(CLONE_NEWNET | CLONE_NEWUTS)
    except PermissionError:  # an ordinary user: a user namespace gives the right, and keeps who we are
        _unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWUTS)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")
    bring_loopback_up()
    socket.sethostname("localhost")  # else looking up our own name may ask a server


def _unshare(flags: int) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"unshare: {errno.errorcode.get(number, number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def bring_loopback_up() -> None:
    """Have this process's network namespace reach itself."""
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP) + bytes(22))


if __name__ == "__main__":
    print(enter())
