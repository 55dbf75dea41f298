"""What installing a tool costs on disk."""

import os
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mlsd_lib.notebooks.tools import TOOLS, tool_python


def set_up_mb(name: str, root: Path | None = None) -> float:
    """MB on disk of the tool's package and of all that it requires, as installed in its environment.

    What the tool shares with others of the environment counts in full: it is what the tool would bring alone. Optional
    parts count only where a requirement asks for them. Raises as `tool_python` does.
    """
    site = next((tool_python(name, root).parent.parent / "lib").glob("python*/site-packages"))
    there = {canonicalize_name(one.metadata["Name"]): one for one in distributions(path=[str(site)])}
    needed, asked = set[str](), [(canonicalize_name(TOOLS[name].package), "")]
    seen = set(asked)
    while asked:
        package, extra = asked.pop()
        if package not in there:  # of another platform
            continue
        needed.add(package)
        for one in _required(there[package], extra):
            new = {(canonicalize_name(one.name), part) for part in ["", *one.extras]} - seen
            seen |= new
            asked += new
    return sum(_bytes(there[package]) for package in needed) / 1e6


def _required(package: Distribution, extra: str) -> list[Requirement]:
    wanted = [Requirement(text) for text in package.requires or []]
    return [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": extra})]


def _bytes(package: Distribution) -> int:
    paths = [str(package.locate_file(file)) for file in package.files or []]
    return sum(os.path.getsize(path) for path in paths if os.path.isfile(path))
