"""What a package costs before the first line that uses it: the files on the disk, its own and those it needs."""

import json
import subprocess
import sys

from mlsd_lib.lesson.reader import LessonError
from mlsd_lib.lesson.tool_scripts import CORE
from mlsd_lib.notebooks import tool_python

PROGRAM = """
import importlib.metadata, json, re, sys

def add(name, found):
    try:
        package = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return found  # a requirement of another system or Python
    if package.name not in found:
        files = [one.locate() for one in package.files or []]
        found[package.name] = sum(one.stat().st_size for one in files if one.is_file()) / 1e6
        for requirement in package.requires or []:
            if "extra ==" not in requirement:
                add(re.match(r"[A-Za-z0-9._-]+", requirement)[0], found)
    return found

print(json.dumps(add(sys.argv[1], {})))
"""


def installed_mb(package: str, tool: str = CORE) -> dict[str, float]:
    """Megabytes (10^6 bytes) of `package` and of each package that it needs, as installed in the environment of `tool`.

    `tool` is one of the course's tools, or "core". What is needed for an extra only is left out. Raises `LessonError`
    where the package is not installed there.
    """
    python = sys.executable if tool == CORE else str(tool_python(tool))
    answer = subprocess.run([python, "-c", PROGRAM, package], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(answer.stdout)
    if not found:
        raise LessonError(f"{package!r} is not installed in the environment of {tool!r}. Give a package's own name.")
    return found
