"""What is wrong with this installation, and how to fix each fault; which programs could be added.

Used by `mlsd doctor` and by the start page. It looks and says; it changes nothing.
"""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from notebook_runner import course_root

OLDEST, NEWEST = (3, 11), (3, 13)


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is sound, what was seen, and how to fix it if not.

    `remark`: the course works as it is, and `fix` would bring more.
    """

    subject: str
    sound: bool
    seen: str
    fix: str = ""
    remark: bool = False

    @property
    def verdict(self) -> str:
        """The outcome in a word: sound, remark or fault."""
        return "fault" if not self.sound else "remark" if self.remark else "sound"


@dataclass(frozen=True)
class Program:
    """A program outside of Python that the course can do without: its `names`, its package in Debian, what it brings.

    `for_tests` says that only tests need it, which a student edition has none of.
    """

    names: tuple[str, ...]
    package: str
    brings: str
    for_tests: bool = True


OPTIONAL = (
    Program(("chromium", "chromium-browser", "google-chrome"), "chromium", "tests of lessons and pages in a browser"),
    Program(
        ("java",),
        "default-jre-headless",
        "Spark and TorchServe in the lessons on tools (Java 17 or later, after make tools)",
        for_tests=False,
    ),
    Program(("npm",), "npm", "the proxy of the JupyterHub that a test starts"),
    Program(("promtool",), "prometheus", "a test of the files for Prometheus by Prometheus itself"),
)
"""README names the same programs."""


def examine(root: Path | None = None) -> list[Finding]:
    """Every finding about the installation under `root` (default: the course that holds this file)."""
    root = root or course_root(Path(__file__).parent)
    checks: list[Callable[[Path], Finding]] = [_python, _environment, _packages, _kernel, _disk, _record, _memory]
    return [check(root) for check in checks]


def _python(root: Path) -> Finding:
    version = sys.version_info[:2]
    return Finding(
        "Python",
        OLDEST <= version <= NEWEST,
        f"{version[0]}.{version[1]} ({sys.executable})",
        "Install Python 3.11, 3.12 or 3.13, then: make lab",
    )


def _environment(root: Path) -> Finding:
    inside = sys.prefix != sys.base_prefix or "CONDA_PREFIX" in os.environ
    return Finding("environment", inside, sys.prefix, "Use the course's own environment: make lab (or conda: README)")


def packages_at_fault(root: Path) -> list[str]:
    """The requirements of pyproject.toml that are missing or of another version than they ask for."""
    import tomllib

    from packaging.requirements import Requirement

    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    faults = []
    for line in project["dependencies"]:
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate():
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            faults.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            faults.append(f"{requirement.name} is {version}, wanted {requirement.specifier}")
    return faults


def _packages(root: Path) -> Finding:
    faults = packages_at_fault(root)
    seen = "; ".join(faults) if faults else "all there, all new enough"
    return Finding(
        "packages", not faults, seen, "rm -r .venv and: make lab (conda: conda env update -f environment.yml)"
    )


def _kernel(root: Path) -> Finding:
    """The kernel named python3 must start this interpreter, or a notebook runs elsewhere than it says."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    fix = "python -m ipykernel install --sys-prefix --name python3"
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("kernel", False, "no kernel named python3", fix)
    named_only = {"python", f"python{sys.version_info[0]}", f"python{sys.version_info[0]}.{sys.version_info[1]}"}
    # Jupyter puts its own interpreter where a kernel says just "python".
    starts = sys.executable if spec.argv[0] in named_only else shutil.which(spec.argv[0]) or spec.argv[0]
    own = Path(starts).absolute().parent == Path(sys.executable).absolute().parent
    return Finding("kernel", own, f"python3 starts {starts}", fix)


def _disk(root: Path) -> Finding:
    free_gb = shutil.disk_usage(root).free / 1e9
    return Finding("disk", free_gb > 1, f"{free_gb:.1f} GB free", "Free 1 GB: notebooks and gradebook write here")


def _record(root: Path) -> Finding:
    from mlsd_lib.lesson.reader import LessonError, home, record

    try:
        with record():
            return Finding("your record", True, str(home()))
    except LessonError as error:
        return Finding("your record", False, str(error), "Set MLSD_HOME to a folder that you can write to")


def _memory(root: Path) -> Finding:
    import psutil

    free_gb = psutil.virtual_memory().available / 1e9
    return Finding("memory", free_gb > 2, f"{free_gb:.1f} GB free", "Close other programs: a lesson may take 1.5 GB")


def optional_programs(root: Path | None = None) -> list[Finding]:
    """A finding for each optional program that the course under `root` could use; none is a fault.

    The fix of each that is missing is the one command that brings all that are missing.
    """
    root = root or course_root(Path(__file__).parent)
    wanted = [program for program in OPTIONAL if (root / "tests").is_dir() or not program.for_tests]
    found = {program: next(filter(None, map(shutil.which, program.names)), "") for program in wanted}
    command = " ".join(["apt-get install", *(program.package for program in wanted if not found[program])])
    fix = f"{command} (as root, on Debian or Ubuntu; elsewhere the packages of these programs)"
    present = [
        Finding(program.names[0], True, f"{place}: {program.brings}") for program, place in found.items() if place
    ]
    absent = [
        Finding(program.names[0], True, f"not here: {program.brings}", fix, True)
        for program in wanted
        if not found[program]
    ]
    return present + [replace(finding, fix="") for finding in absent[:-1]] + absent[-1:]
