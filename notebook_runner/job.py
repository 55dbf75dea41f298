"""What the process that runs one notebook is asked to do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """What a worker is asked to do; paths are absolute, `private` is the run's own folder.

    With a `seed`, the notebook's parameter of that name is set to it and its claims are kept, none ending the run.
    """

    parent: int
    notebook: str
    root: str
    private: str
    executed: str
    cpu_s: float
    peak_mb: float
    stop_s: float
    cores: int
    offline: str
    seed: int | None = None
