"""What the kernel tells of processes: who runs below one, and the CPU, memory and open files of each.

The one place of the project that reads such figures: from /proc where it has what is needed, else by psutil, which is
loaded then. Figures of a process that is gone are empty or 0, never an error. No limit and no verdict may enter here.
"""

import contextlib
import functools
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TICKS_S = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20 if hasattr(os, "sysconf") else 0.004
HAS_PROC = os.path.exists("/proc/self/stat")
ENDED_STATES = ("Z", "X", "")
IN_MEMORY = ("/dev/zero ", "/SYSV", "/memfd:", "/dev/shm/")  # how a mapping's file is called that lies on no disk
UNLISTED = " (deleted)"  # ends the name of a file that no folder lists
QUEUES = ("tcp", "tcp6", "udp", "udp6")
COMPARE = {"x86_64": 312, "aarch64": 272}.get(platform.machine())  # the call kcmp(2), for which libc has no name
COMPARE_MEMORY = 1


@dataclass(frozen=True)
class Sizes:
    """Memory of one process in MB: its address space; what is resident, shared pages counted in full; those pages."""

    address_space: float = 0.0
    resident: float = 0.0
    shared: float = 0.0


@dataclass(frozen=True)
class Parts:
    """Memory of one process in MB, each page divided among the processes that map it: private, and shared memory."""

    private: float
    shared: float


@dataclass(frozen=True)
class Times:
    """CPU seconds of one process, of its children that ended and were waited for; when it began, in clock ticks."""

    own: float = 0.0
    ended_children: float = 0.0
    began: int = 0


def descendants(process: int) -> list[int]:
    """Every process below `process`, zombies included, nearest first."""
    found = [process]
    for parent in found:
        children = _children(parent)
        if children is None:
            return [child.pid for child in _asked(process, "children", []) or []]
        found.extend(children)
    return found[1:]


def living(processes: list[int]) -> list[int]:
    """Those that still run."""
    return [process for process in processes if state(process) not in ENDED_STATES]


def state(process: int) -> str:
    """The kernel's letter for what a process does; empty if it is gone. Its first thread may end before the others."""
    fields = _stat(process)
    if fields:
        other = _other_thread(process) if fields[0] in ENDED_STATES else ""
        return _thread_state(process, other) if other else fields[0]
    if HAS_PROC:
        return ""
    return {"zombie": "Z", "": ""}.get(_asked(process, "status", ""), "S")


def could_go_on(process: int, thread: int | None = None) -> bool:
    """True if a thread of a process, or that `thread`, runs, waits for a processor, or waits for a disk.

    False if all wait for others, if the process is gone, and where there is no /proc. Source: proc_pid_stat(5), the
    states R and D.
    """
    try:
        names = os.listdir(f"/proc/{process}/task") if thread is None else [str(thread)]
    except OSError:
        return False
    return any(_thread_state(process, name) in ("R", "D") for name in names)


def _thread_state(process: int, thread: str) -> str:
    try:
        return _read(f"/proc/{process}/task/{thread}/stat").rpartition(b")")[2].split()[0].decode()
    except (OSError, IndexError):
        return ""


def threads(process: int) -> int:
    """How many threads a process has; 0 if it is gone."""
    try:
        return len(os.listdir(f"/proc/{process}/task"))
    except OSError:
        return int(_asked(process, "num_threads", 0))


def command(process: int) -> str:
    """The command line of a process, or its name if it has none; empty if it is gone."""
    try:
        found = Path(f"/proc/{process}/cmdline").read_bytes() or Path(f"/proc/{process}/comm").read_bytes()
        return found.replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return " ".join(_asked(process, "cmdline", [])) or str(_asked(process, "name", ""))


def sizes(process: int) -> Sizes:
    """What the kernel counts of a process's memory all the time, at the cost of one short file."""
    try:
        whole, resident, shared = _read(f"/proc/{process}/statm").split()[:3]
        if whole == b"0":
            whole, resident, shared = _read(f"{_place(process)}/statm").split()[:3]
        return Sizes(int(whole) * PAGE_MB, int(resident) * PAGE_MB, int(shared) * PAGE_MB)
    except (OSError, ValueError):
        memory = _asked(process, "memory_info", None)
        return Sizes(memory.vms / 2**20, memory.rss / 2**20) if memory else Sizes()


def with_memory_of_their_own(processes: list[int]) -> list[int]:
    """Those of them that do not use the memory of their parent, as a child does that `vfork` made until it begins a
    program: the kernel tells of such memory in both.

    All, where the kernel does not compare processes. Source: kcmp(2), KCMP_VM.
    """
    return [process for process in processes if not _borrows_memory(process)]


@functools.cache
def compares_memory() -> bool:
    """Whether the kernel says if two processes use the same memory."""
    return HAS_PROC and COMPARE is not None and _share_memory(os.getpid(), os.getpid())


def _borrows_memory(process: int) -> bool:
    fields = _stat(process)
    return bool(fields) and compares_memory() and _share_memory(process, int(fields[1]))


def _share_memory(process: int, other: int) -> bool:
    import ctypes  # which a session does not need

    return ctypes.CDLL(None).syscall(COMPARE, process, other, COMPARE_MEMORY, 0, 0) == 0


def parts(process: int) -> Parts | None:
    """A process's own part of what it holds, files on disk left out; None if that may not be read."""
    fields = _smaps(process)
    if fields is None:
        return None
    return Parts(fields.get("Pss_Anon", 0) / 1024, fields.get("Pss_Shmem", 0) / 1024)


def proportional_mb(process: int) -> float:
    """Memory of a process in MB with shared pages, of files too, divided among those who share them; 0 if gone."""
    fields = _smaps(process)
    return fields.get("Pss", 0) / 1024 if fields is not None else sizes(process).resident


def shared_mappings(process: int) -> dict[tuple[str, str], float]:
    """MB by (device, inode) of the memory behind shared mappings of a process, touched by whomever.

    The kernel counts such a page for nobody who has not touched it himself. Where only the length of a mapping may be
    read, that is the answer.
    """
    found: dict[tuple[str, str], float] = {}
    try:
        lines = Path(f"{_place(process)}/maps").read_text(errors="replace").splitlines()
    except OSError:
        return found
    for line in lines:
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and fields[1].endswith("s") and fields[5].startswith(IN_MEMORY):
            key = fields[3], fields[4]
            found[key] = max(found.get(key, 0.0), _mapping_mb(process, fields[0]))
    return found


def unlisted_open(process: int, folder: str) -> dict[str, float]:
    """MB by inode of the files of `folder` that a process has open and that no folder lists any more."""
    found: dict[str, float] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir(place := f"{_place(process)}/fd"):
            if _is_unlisted(_link(path := f"{place}/{name}"), folder):
                state = os.stat(path)
                found[str(state.st_ino)] = state.st_blocks * 512 / 2**20
    return found


def unlisted_mapped(process: int, folder: str) -> dict[str, float]:
    """The same of those that it has mapped; of one that may not be looked at, what lies before the mapping's end."""
    found: dict[str, float] = {}
    with contextlib.suppress(OSError):
        for line in Path(f"{_place(process)}/maps").read_text(errors="replace").splitlines():
            fields = line.split(maxsplit=5)
            if len(fields) == 6 and _is_unlisted(fields[5], folder):
                held_mb = int(fields[2], 16) / 2**20 + _mapping_mb(process, fields[0])
                found[fields[4]] = max(found.get(fields[4], 0.0), held_mb)
    return found


def _is_unlisted(link: str, folder: str) -> bool:
    return link.startswith(f"{folder}/") and link.endswith(UNLISTED)


def open_files(process: int) -> list[str]:
    """What the open files of a process are, as the kernel names them, e.g. "socket:[123]"; [] if it does not say."""
    try:
        names = os.listdir(place := f"{_place(process)}/fd")
    except OSError:
        return []
    return [file for name in names if (file := _link(f"{place}/{name}"))]


def count_of_open_files(process: int) -> int | None:
    """How many files a process has open; 0 if it is gone, None if it forbids to read that (PR_SET_DUMPABLE).

    What has ended or is about to, and has no memory any more, belongs to root: only root may read that it has none.
    """
    try:
        return len(os.listdir(f"{_place(process)}/fd"))
    except PermissionError:
        return None if sizes(process).address_space else 0
    except OSError:
        return 0


def most_socket_mb() -> float:
    """The most memory that the kernel lets the data sent from one socket take, without that of the network's queues."""
    try:
        return 2 * int(Path("/proc/sys/net/core/wmem_max").read_text()) / 2**20
    except (OSError, ValueError):
        return 0.5


def queued_mb(process: int) -> float:
    """MB that wait in the TCP and UDP sockets of the network that a process sees; 0 if that may not be read."""
    waiting = 0
    for name in QUEUES:
        try:
            lines = Path(f"/proc/{process}/net/{name}").read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            sent, _, received = line.split()[4].partition(":")
            waiting += int(sent, 16) + int(received, 16)
    return waiting / 2**20


def highest_mb(process: int) -> float:
    """The most resident memory that a process ever had, in MB, or what it has now where the kernel keeps no record."""
    highest = _status_mb(process, b"VmHWM:")
    if highest is not None:
        return highest
    memory = _asked(process, "memory_info", None)
    return float(getattr(memory, "peak_wset", memory.rss)) / 2**20 if memory else 0.0


def family_peak_mb(process: int) -> float:
    """The most memory that a process held, and what those below it held beyond what they share with others, in MB."""
    return highest_mb(process) + sum(map(_unshared_peak_mb, with_memory_of_their_own(descendants(process))))


def _unshared_peak_mb(process: int) -> float:
    """The most that a process held, less what it shares now: a fork shares most of its parent's pages."""
    fields = _smaps(process) or {}
    return max(0.0, highest_mb(process) - (fields.get("Shared_Clean", 0) + fields.get("Shared_Dirty", 0)) / 1024)


def data_mb(process: int) -> float:
    """MB that the kernel counts against the limit on a process's data (RLIMIT_DATA); 0 where it does not say."""
    return _status_mb(process, b"VmData:") or 0.0


def bytes_read(process: int) -> int | None:
    """Bytes that a process has asked its files for so far, cached or not; None where the kernel does not say."""
    try:
        return int(_read(f"/proc/{process}/io").partition(b"rchar:")[2].split()[0])
    except (OSError, IndexError):
        return None


def cpu_s(process: int) -> float:
    """CPU seconds of a process: from its clock where the kernel has one, else from its coarse account."""
    try:
        return time.clock_gettime(process_clock(process))
    except (OSError, AttributeError, ValueError):
        return times(process).own


def times(process: int) -> Times:
    """What the kernel's coarse account says of a process's CPU time; works for zombies too."""
    fields = _stat(process)
    if fields:
        own, ended = (int(fields[at]) + int(fields[at + 1]) for at in (11, 13))
        return Times(own * TICKS_S, ended * TICKS_S, int(fields[19]))
    found = _asked(process, "cpu_times", None)
    if not found:
        return Times()
    ended_s = getattr(found, "children_user", 0.0) + getattr(found, "children_system", 0.0)
    return Times(found.user + found.system, ended_s)


def process_clock(process: int) -> int:
    """The clock of a process's CPU time, all threads, for `time.clock_gettime`. Source: clock_getcpuclockid(3)."""
    return ~process << 3 | 2


def _read(path: str) -> bytes:
    """A file of the kernel's, which is asked for several times a cell: without the layers of a text file."""
    with open(path, "rb", buffering=0) as file:
        return file.read()


def _place(process: int) -> str:
    """Where the kernel tells of a process: its folder, or that of another thread where the first has ended."""
    fields = _stat(process)
    other = _other_thread(process) if fields and fields[0] in ENDED_STATES else ""
    return f"/proc/{process}/task/{other}" if other else f"/proc/{process}"


def _other_thread(process: int) -> str:
    """A thread that is not the first of its process; empty if there is none."""
    try:
        return next((name for name in os.listdir(f"/proc/{process}/task") if name != str(process)), "")
    except OSError:
        return ""


def _children(process: int) -> list[int] | None:
    """Direct children by the kernel's lists, one a thread of the parent; None where the kernel has no such lists."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            found.extend(map(int, _read(f"/proc/{process}/task/{thread}/children").split()))
    except OSError:
        return found if os.path.exists(f"/proc/self/task/{os.getpid()}/children") else None
    return found


def _stat(process: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold anything; empty if there are none."""
    try:
        return _read(f"/proc/{process}/stat").decode("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []


def _smaps(process: int) -> dict[str, int] | None:
    """The sums over a process's mappings in kB, by the kernel's names; None if they may not be read."""
    try:
        with open(f"{_place(process)}/smaps_rollup") as file:
            lines = file.read().splitlines()[1:]
    except OSError:
        return None
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)} or None


def _status_mb(process: int, name: bytes) -> float | None:
    """A field of a process's status; where its first thread has ended that has none, and another thread is asked."""
    found = _field_mb(f"/proc/{process}", name)
    return _field_mb(_place(process), name) if found is None else found


def _field_mb(place: str, name: bytes) -> float | None:
    try:
        return int(_read(f"{place}/status").split(name)[1].split(maxsplit=1)[0]) / 1024
    except (OSError, IndexError):
        return None


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""  # closed meanwhile


def _mapping_mb(process: int, place: str) -> float:
    """The memory behind one mapping in MB if that may be read (as root), else the mapping's length."""
    try:
        return os.stat(f"/proc/{process}/map_files/{place}").st_blocks * 512 / 2**20
    except OSError:
        first, _, end = place.partition("-")
        return (int(end, 16) - int(first, 16)) / 2**20


def _asked(process: int, what: str, otherwise: Any) -> Any:
    """What psutil says of a process where there is no /proc, or `otherwise` if it is gone or hidden."""
    if HAS_PROC:
        return otherwise  # it is gone: /proc was asked before
    import psutil

    try:
        handle = psutil.Process(process)
        return handle.children(recursive=True) if what == "children" else getattr(handle, what)()
    except psutil.Error:
        return otherwise
