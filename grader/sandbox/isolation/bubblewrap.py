"""The outer layer: a new root that holds only what a `View` lists, read-only, built by a tool that many rely on."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

from grader.sandbox.isolation import syscalls
from grader.sandbox.isolation.namespaces import DEVICE_LINKS, DEVICES, LINKS, SCRATCH

# Only as root, and only until the warmed process has turned into an ordinary user.
ROOT_CAPABILITIES = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_SETFCAP")


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
