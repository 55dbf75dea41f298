"""What a student's code may see of this machine: interpreter, libraries, the course's public packages, nothing else.

Worked out in the grader, handed to the warmed process as plain paths. An allow-list: what is not named is not there.
"""

import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.sandbox.isolation.namespaces import Step

PACKAGES = ("notebook_runner", "mlsd_lib", "lessons", "case_studies", "grader")
TOP = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM = ("/usr", "/nix/store", "/gnu/store", "/sys/devices/system/cpu", "/sys/devices/system/node")
ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "fonts", "mime.types", "ssl/certs")


@dataclass(frozen=True)
class View:
    """Paths shown read-only, and paths below them that are hidden again; both absolute."""

    shown: tuple[str, ...]
    hidden: tuple[str, ...]

    def steps(self) -> list[Step]:
        """The order in which a new root is built: what lies higher first, so that the deeper word counts."""
        steps = [Step("link", top, os.readlink(top)) for top in TOP if os.path.islink(top)]
        kinds = dict.fromkeys(self.shown, "bind") | dict.fromkeys(self.hidden, "mask")
        done: dict[str, str] = {}
        for path in sorted(kinds, key=lambda place: (place.count("/"), place)):
            above = next((done[str(parent)] for parent in Path(path).parents if str(parent) in done), "mask")
            if kinds[path] != above:
                done[path] = kinds[path]
                steps.append(Step(kinds[path], path, os.path.realpath(path)))
        return steps

    def readable(self) -> list[str]:
        """The same as a list of paths to allow, each with all that lies below it, for a mechanism that cannot mask."""
        allowed: list[str] = []
        for step in self.steps():
            if step.kind == "bind":
                allowed += _without(step.path, self.hidden)
        return [*allowed, *(path for path in TOP if os.path.islink(path))]


def view(readable: Sequence[Path] = (), hidden: Sequence[Path] = (), tests: bool = False) -> View:
    """What this interpreter and the course need, with `readable` on top and `hidden` taken away.

    Always hidden: the home folder and the course's own folder, but for the parts named above; the banks of exercises;
    and what only the grader may know of them, except where `tests` are run, in a process that holds it anyway.
    """
    packages = {name: _folder_of(name) for name in PACKAGES}
    root = packages["grader"].parent
    shown = [
        *map(Path, SYSTEM),
        *(Path(top) for top in TOP if not os.path.islink(top)),
        *(Path("/etc") / name for name in ETC),
        Path(sys.base_prefix),
        Path(sys.prefix),
        *_libraries(),
        *packages.values(),
        *readable,
    ]
    secret = [Path(os.path.expanduser("~")), *hidden, *parts_of_suites("bank")]
    secret += [] if tests else parts_of_suites("hidden")
    if root.name not in ("site-packages", "dist-packages"):
        secret.append(root)
    return View(
        tuple(path for path in _both_names(shown) if os.path.exists(path)),
        tuple(path for path in _both_names(secret) if os.path.isdir(path) and path != "/"),
    )


def parts_of_suites(name: str) -> list[Path]:
    """The folders `name` of all exercises: "hidden" is what only the grader may know, "bank" answers and their marks.

    A student edition has neither.
    """
    return sorted((_folder_of("grader") / "suites").glob(f"*/{name}"))


def _libraries() -> Iterator[Path]:
    """Folders of installed packages that lie in neither prefix, e.g. those of the user."""
    for entry in sys.path:
        if os.path.isdir(entry) and Path(entry).name in ("site-packages", "dist-packages"):
            yield Path(entry)


def _folder_of(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ImportError(f"the package {package} of the course cannot be found")
    return Path(next(iter(found.submodule_search_locations)))


def _both_names(paths: Sequence[Path]) -> list[str]:
    """The paths as they are called and as they are really called, each once."""
    return list(dict.fromkeys(name for path in paths for name in (os.path.abspath(path), os.path.realpath(path))))


def _without(path: str, hidden: Sequence[str]) -> list[str]:
    """`path`, or instead of it its entries, so far that nothing of `hidden` lies below one."""
    if path in hidden:
        return []
    if not any(secret.startswith(f"{path}/") for secret in hidden):
        return [path]
    found: list[str] = []
    for entry in sorted(os.listdir(path)):
        found += _without(f"{path}/{entry}", hidden)
    return found
