"""What a tool costs to install: MB on disk of packages and of all that they require.

Run as a file by the interpreter in which the packages are: `python set_up_size.py flask waitress` prints MB.
"""

import importlib.metadata
import re
import sys
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9._-]+")


def set_up_mb(packages: list[str]) -> float:
    """MB of the installed `packages` with everything that they require, each once; extras only where installed."""
    wanted, seen, total = list(packages), set(), 0
    while wanted:
        name = re.sub(r"[-_.]+", "-", wanted.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            package = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # required on another system only
        total += sum(_size(Path(str(package.locate_file(file)))) for file in package.files or ())
        required = [one for one in package.requires or () if "extra ==" not in one]
        wanted += [match[0] for one in required if (match := NAME.match(one))]
    return total / 2**20


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


if __name__ == "__main__":
    print(set_up_mb(sys.argv[1:]))
