"""Tools of another environment that a notebook calls as processes: where they are, and what is done where they are not.

A tool that would change the core's pins lives in an environment of its own, `.venv-tools` or one of its neighbours, all
made by `make tools`. A notebook names its tools in its metadata. Where an environment is missing, the section that
calls a tool says so and is left out; `make test-tools` sets MLSD_TOOLS=demanded and permits no such gap.
MLSD_TOOLS=absent has installed tools taken for missing, to see what a reader without them sees.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from notebook_runner.course import NotebookError, course_root


@dataclass(frozen=True)
class Tool:
    """Where a tool lives (`.venv-ENVIRONMENT`), the module that starts it, and the package that brings it."""

    environment: str
    module: str
    package: str


TOOLS = {
    "airflow": Tool("airflow", "airflow", "apache-airflow"),
    "beam": Tool("tools", "apache_beam", "apache-beam"),
    "bentoml": Tool("tools", "bentoml", "bentoml"),
    "dvc": Tool("tools", "dvc", "dvc"),
    "evidently": Tool("pandas2", "evidently", "evidently"),
    "feast": Tool("pandas2", "feast", "feast"),
    "kfp": Tool("tools", "kfp", "kfp"),
    "mlflow": Tool("tools", "mlflow", "mlflow"),
    "onnxruntime-genai": Tool("generative", "onnxruntime_genai", "onnxruntime-genai"),
    "ray": Tool("tools", "ray.scripts.scripts", "ray"),
    "spark": Tool("tools", "pyspark", "pyspark"),
    "tensorflow": Tool("tools", "tensorflow", "tensorflow-cpu"),
    "torchserve": Tool("tools", "ts.model_server", "torchserve"),
}
"""The tools that there are."""
DEMAND = "MLSD_TOOLS"
DVC_SETTINGS = "[core]\n    analytics = false\n    check_update = false\n"
RAY_SETTINGS = "ray_bootstrap_config.yaml"
"""A file in the home, however empty: without it Ray asks three clouds whether it runs there, even silenced."""
SILENT = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "BENTOML_DO_NOT_TRACK": "True",
    "DO_NOT_TRACK": "1",
    "DVC_NO_ANALYTICS": "1",
    "DVC_STUDIO_OFFLINE": "true",
    "EVIDENTLY_DISABLE_TELEMETRY": "1",
    "FEAST_USAGE": "False",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MPLBACKEND": "agg",
    "NO_COLOR": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "SCARF_ANALYTICS": "false",
    "SCARF_NO_ANALYTICS": "true",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TS_DISABLE_SYSTEM_METRICS": "true",
}
"""Variables by which the tools send no usage data, ask for no newer version and bring no examples."""


def tool(name: str, root: Path | None = None) -> list[str]:
    """The command that starts the tool `name`; its arguments come after it.

    `root` is the course's folder (default: the one at or above the working folder). Raises `NotebookError` for a tool
    that the course does not know, and for one whose environment is missing, with the command that makes it.
    """
    return [str(tool_python(name, root)), "-m", TOOLS[name].module]


def tool_python(name: str, root: Path | None = None) -> Path:
    """The interpreter in which the tool `name` can be imported. Raises as `tool` does."""
    if name not in TOOLS:
        raise NotebookError(f"The tool {name!r} is not known; known are {', '.join(sorted(TOOLS))}.")
    root = root or course_root()
    if not made_from(name, root):
        raise NotebookError(
            f"{name} is not installed: there is no finished environment {_folder(name)} in {root}. "
            "`make tools` makes it (without make: python bootstrap.py --tools)."
        )
    return _interpreter(name, root)


def has_tool(name: str, root: Path | None = None) -> bool:
    """True if the tool `name` can be called. Else says which command makes it; where tools are demanded, raises."""
    try:
        tool(name, root)
    except NotebookError as error:
        if name not in TOOLS or demanded():
            raise
        print(f"{error} This section is left out without it.")
        return False
    return True


def run_tool(name: str, *arguments: str, folder: Path) -> str:
    """What the tool `name` printed, run with `arguments` in `folder` until it ended.

    A command that the tool runs finds this interpreter first as `python`. Raises `NotebookError` with the tool's own
    words where it fails. The rest is as `environment` says.
    """
    command = [*tool(name), *arguments]
    answer = subprocess.run(
        command,
        cwd=folder,
        env=environment(folder, os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if answer.returncode != 0:
        said = (answer.stderr.strip() or answer.stdout.strip())[-2000:]
        raise NotebookError(
            f"{name} {' '.join(arguments)} ended with status {answer.returncode} in {folder}. It said:\n{said}"
        )
    return answer.stdout


def environment(folder: Path, before: Mapping[str, str]) -> dict[str, str]:
    """The variables for a tool that works in `folder`: those of `before`, a home of its own, and no telemetry.

    Settings, caches and whatever else a tool writes into a home lie beside `folder`, so that nothing of the reader's
    is read or changed. Airflow looks for its DAGs in `folder`. Java programs and Ray keep to loopback.
    """
    private = folder.resolve().parent / f".{folder.resolve().name}-tools"
    settings = private / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "config").write_text(DVC_SETTINGS, encoding="utf-8")
    (private / RAY_SETTINGS).write_text("{}\n", encoding="utf-8")
    return {
        **before,
        **SILENT,
        "AIRFLOW_HOME": str(private / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder.resolve()),
        "BENTOML_HOME": str(private / "bentoml"),
        "DVC_GLOBAL_CONFIG_DIR": str(settings),
        "DVC_SITE_CACHE_DIR": str(private / "cache"),
        "DVC_SYSTEM_CONFIG_DIR": str(settings),
        "HOME": str(private),
        "JDK_JAVA_OPTIONS": f"-Duser.home={private}",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), before.get("PATH", os.defpath)]),
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # else it asks the network which address is its own, and takes that
        "SPARK_LOCAL_DIRS": str(private / "spark"),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def demanded() -> bool:
    """True where a missing tool is a failure: under `make test-tools`."""
    return os.environ.get(DEMAND) == "demanded"


def missing(names: Iterable[str], root: Path) -> tuple[str, ...]:
    """Those of `names` that cannot be called in the course at `root`."""
    return tuple(name for name in names if name not in TOOLS or not made_from(name, root))


def made_from(name: str, root: Path) -> str:
    """What the stamp of a known tool's environment says, empty where it is missing or unfinished."""
    if os.environ.get(DEMAND) == "absent":
        return ""
    try:
        stamp = (root / _folder(name) / "made-from").read_text().strip()
        return stamp if _interpreter(name, root).exists() else ""
    except OSError:
        return ""


def site_packages(name: str, root: Path) -> list[str]:
    """The folders of a tool's packages; none where it cannot be called."""
    if name not in TOOLS or not made_from(name, root):
        return []
    found = (root / _folder(name)).glob("Lib/site-packages" if os.name == "nt" else "lib/python*/site-packages")
    return [str(path) for path in found]


def _folder(name: str) -> str:
    return f".venv-{TOOLS[name].environment}"


def _interpreter(name: str, root: Path) -> Path:
    return root / _folder(name) / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
