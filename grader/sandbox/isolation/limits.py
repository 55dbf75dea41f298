"""What one session may use, and how the kernel is asked to enforce it.

The kernel holds each process to these; `session` watches the whole family of processes from outside, because a limit
of the kernel's counts one process at a time. Standard library only: it runs in a process that student code shares.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

MB = 2**20
LEAST_ADDRESS_SPACE_MB = 4096  # torch and OpenBLAS reserve address space that they never touch
OPEN_FILES = 512
# One part in so many of `memory_mb` lies between what the kernel allows one process and what ends the whole family:
# were both the same, it would be chance whether a cell meets a MemoryError, which Python tells of, or the end of its
# process. A cell that leaves less room than that to those after it has done damage.
MARGIN = 8


@dataclass(frozen=True)
class Limits:
    """The most that a cell (`wall_s`, `cpu_s`, `output_bytes`) and a session (the rest) may use.

    `memory_mb` counts what comes on top of the warmed process, over all processes of the session; `files_mb` all that
    is written; `processes` threads too; `total_s` wall seconds of all cells and questions.
    The kernel refuses a process more; what it cannot count is watched from outside, over the whole family.
    """

    wall_s: float = 30.0
    cpu_s: float = 60.0
    total_s: float = 600.0
    memory_mb: int = 2048
    output_bytes: int = 1_000_000
    files_mb: int = 64
    processes: int = 64

    @property
    def watched_mb(self) -> float:
        """Memory of the family at which it is ended."""
        return self.memory_mb + self.memory_mb / MARGIN

    @property
    def roomy_mb(self) -> float:
        """Memory that a cell may leave in use: the rest is room for the cells after it."""
        return self.memory_mb - self.memory_mb / MARGIN

    @property
    def watched_tasks(self) -> int:
        """Processes and threads of the family at which it is ended; where the kernel counts them it stays below."""
        return 2 * self.processes

    @property
    def session_cpu_s(self) -> float:
        """CPU seconds of the family in all cells and questions together."""
        return 2 * self.total_s

    def as_dict(self) -> dict[str, Any]:
        """For a configuration in JSON; `Limits(**...)` reads it."""
        return asdict(self)


def apply(limits: Limits, others: int = 0) -> list[str]:
    """Hold this process and all that it starts to `limits` for good; the names of those that the kernel refuses.

    `others` processes of the same user, which the kernel counts too, come on top. CPU time is left to who watches from
    outside: under RLIMIT_CPU the kernel keeps the CPU clock of a process by ticks (4 ms), for itself and for others.
    """
    wanted = {
        "FSIZE": limits.files_mb * MB,
        "NPROC": limits.processes + others,
        "NOFILE": OPEN_FILES,
        "CORE": 0,
        "MSGQUEUE": 0,
        "MEMLOCK": 8 * MB,
    }
    held = own_memory()
    if held:
        wanted["AS"] = held["VmSize"] + max(LEAST_ADDRESS_SPACE_MB, 2 * limits.memory_mb) * MB
        wanted["DATA"] = held["VmData"] + limits.memory_mb * MB
    return _hold(wanted)


def hold_data(more_mb: int) -> None:
    """Let this process hold so many MB more than it does now, as far as the kernel counts that."""
    if held := own_memory():
        _hold({"DATA": held["VmData"] + more_mb * MB})


def _hold(wanted: Mapping[str, int]) -> list[str]:
    """Set limits of the kernel's by name; the names of those that it refuses."""
    import resource

    refused = []
    for name, most in wanted.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None:
            continue  # Linux only
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):
            refused.append(name)
    return refused


def own_memory() -> dict[str, int]:
    """Bytes of address space and of data of this process, by the kernel's names; empty where it does not say.

    Not by `notebook_runner.process_stats`: the /proc that is seen here may know this process by another number.
    """
    try:
        with open("/proc/self/status") as file:
            fields = dict(line.split(":", 1) for line in file if ":" in line)
        return {name: int(fields[name].split()[0]) * 1024 for name in ("VmSize", "VmData")}
    except (OSError, KeyError):
        return {}
