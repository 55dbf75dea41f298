"""What a package costs before the first line that uses it: the files on the disk, its own and those it needs."""

import functools
import os
import sysconfig
from importlib.metadata import Distribution, distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mlsd_lib.lesson.reader import LessonError
from mlsd_lib.lesson.tool_scripts import CORE
from notebook_runner import tool_python
from notebook_runner.tools import TOOLS


def installed_mb(package: str, tool: str = CORE) -> dict[str, float]:
    """Megabytes (10^6 bytes) of `package` and of each package that it needs, as installed in the environment of `tool`.

    `tool` is one of the course's tools, or "core". Extras count where `package` ("ray[serve]") or a requirement asks
    for them. What is installed is looked up once in a process. Raises `LessonError` where the package is not there.
    """
    there = _there(tool)
    wanted = Requirement(package)
    if canonicalize_name(wanted.name) not in there:
        raise LessonError(f"{package!r} is not installed in the environment of {tool!r}. Give a package's own name.")
    found: dict[str, float] = {}
    asked = [(canonicalize_name(wanted.name), extra) for extra in ("", *wanted.extras)]
    seen = set(asked)
    while asked:
        name, extra = asked.pop()
        if name not in there:  # required on another system
            continue
        found[name] = _bytes(there[name]) / 1e6
        for requirement in _required(there[name], extra):
            new = {(canonicalize_name(requirement.name), part) for part in ("", *requirement.extras)} - seen
            seen |= new
            asked += new
    return found


def tool_mb(name: str) -> float:
    """Megabytes of all that has to be installed for one of the course's tools. Raises as `tool_python` does."""
    return sum(installed_mb(TOOLS[name].package, name).values())


@functools.cache
def _there(tool: str) -> dict[str, Distribution]:
    """What is installed in the environment of `tool`, by canonical name."""
    return {canonicalize_name(package.metadata["Name"]): package for package in distributions(path=_places(tool))}


def _places(tool: str) -> list[str]:
    if tool == CORE:
        return sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    environment = tool_python(tool).parents[1]
    return [str(folder) for lib in ("lib/python*", "Lib") for folder in environment.glob(f"{lib}/site-packages")]


def _required(package: Distribution, extra: str) -> list[Requirement]:
    wanted = [Requirement(text) for text in package.requires or []]
    return [
        requirement
        for requirement in wanted
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra})
    ]


@functools.cache
def _bytes(package: Distribution) -> int:
    root = str(package.locate_file(""))
    paths = [os.path.join(root, str(file)) for file in package.files or []]
    return sum(os.path.getsize(path) for path in paths if os.path.isfile(path))
