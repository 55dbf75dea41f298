"""The environment in which a notebook runs: nothing of the reader's own configuration, threads pinned, no front end."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

INSIDE = Path(__file__).parent / "inside"
CLAIMS = "MLSD_CLAIMS"
"""Names the file in which a run keeps each claim with its outcome; a claim that fails then does not end the run."""
OURS = (CLAIMS, "MLSD_HOME", "MLSD_OFFLINE", "MLSD_REFUSE_NETWORK", "MLSD_RUN", "MLSD_STORE", "MLSD_TOOLS",
        "MLSD_TRACE")  # fmt: skip
"""Variables that the runner sets or reads itself; they are not part of what a notebook depends on."""
THREAD_COUNTS = (
    "BLIS_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
LEFT_OUT = (
    CLAIMS,
    "JUPYTER_CONFIG_PATH",
    "JUPYTER_PATH",
    "MPLBACKEND",
    "NBGRADER_EXECUTION",
    "PYTHONSTARTUP",  # IPython would run it
)


def threads(cores: int = 1) -> dict[str, str]:
    """The variables by which numeric libraries use so many threads, which sleep while they wait for each other.

    Of more threads than cores many wait for others, by default in a loop that takes CPU time from those.
    """
    return {**dict.fromkeys(THREAD_COUNTS, str(cores)), "OMP_WAIT_POLICY": "PASSIVE"}


def trace_file(private: Path) -> Path:
    """The file in a run's private folder to which its processes append what they open."""
    return private / "trace"


def claims_file(private: Path) -> Path:
    """The file in a run's private folder to which `claims` appends under another seed."""
    return private / "claims"


def environment(
    before: Mapping[str, str], root: Path, private: Path, cores: int, refuse_network: bool
) -> dict[str, str]:
    """The variables for one run: those of `before`, with the run's own folders under `private`.

    `cores` is the thread count for numeric libraries; `refuse_network` asks the audit hook to refuse what the network
    namespace would. Only matplotlib's font cache is shared between runs, because it takes seconds to make.
    """
    folders = {
        "IPYTHONDIR": private / "ipython",
        "JUPYTER_CONFIG_DIR": private / "jupyter-config",
        "JUPYTER_DATA_DIR": private / "jupyter-data",
        "JUPYTER_RUNTIME_DIR": private / "jupyter-runtime",
        "MLSD_HOME": private / "home",
        "MPLCONFIGDIR": root / ".mlsd" / "matplotlib",
        "TMPDIR": private / "tmp",
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    trace_file(private).touch()
    python_path = [str(INSIDE), *filter(None, [before.get("PYTHONPATH")])]
    return {
        **{key: value for key, value in before.items() if key not in LEFT_OUT},
        **{key: str(folder) for key, folder in folders.items()},
        **threads(cores),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "MLSD_REFUSE_NETWORK": "1" if refuse_network else "0",
        "MLSD_RUN": "headless",
        "MLSD_TRACE": str(trace_file(private)),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), before.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(python_path),
    }
