"""What earlier runs proved, in this checkout or another, and what of it holds here: read from the user's store."""

import os
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from notebook_runner.environment import OURS
from notebook_runner.fingerprint import installed_versions
from notebook_runner.result_store import ResultStore, key_of, processor
from tests.proof.tree import NOT_FOLLOWED, Tree, is_another

KIND, TIMES = "tests", "test times"
COLLECTED = ""
"""Stands among the tests of an entry for what the module collects, which is known in place of seconds."""
PROGRAMS = ("bwrap", "chromium", "git", "java", "node", "npm", "promtool", "tensorflow_model_server")
ALWAYS_RUN = ("tests/test_structure.py", "tests/test_words.py")
"""They look at every file there is, in seconds, so that no run is without a test."""
ALWAYS_REACHED = ("pyproject.toml", "constraints.txt")
IN_EVERY_TEST = ("notebook_runner/pytest_plugin.py",)
"""Its hooks run in every test; what they call concerns only tests with a mark for it, which name it themselves."""

Reached = Mapping[str, Any]
"""Paths that a proof depends on, and their state then."""


@dataclass
class Module:
    """What is known of a test module: tests that hold, with their seconds, and what it collects."""

    passed: dict[str, float] = field(default_factory=dict)
    collected: list[str] | None = None

    @property
    def complete(self) -> bool:
        """Whether every test of the module holds, so that it need not even be imported."""
        return self.collected is not None and all(name in self.passed for name in self.collected)


@dataclass(frozen=True)
class Proof:
    """What a test that passed touched beyond what its module names, and its seconds."""

    touched: frozenset[str]
    seconds: float


class EarlierResults:
    """The store's word on the tests of `tree`, and the way to add to it."""

    def __init__(self, tree: Tree, store: ResultStore, environment: object) -> None:
        self.tree, self.store, self.environment = tree, store, environment
        self._holding: dict[str, bool] = {}

    def modules(self) -> dict[str, Module]:
        """Every test module of the tree that an earlier run knows of."""
        names = [path for path in self.tree.digests if is_test_module(path)]
        return {name: self.module(name) for name in names}

    def module(self, name: str) -> Module:
        """What holds in the module at this path."""
        found = Module()
        for path, proven in self._proven(name):
            for test, (_, known) in proven.items():
                if test != COLLECTED:
                    found.passed.setdefault(test, known)
                elif found.collected is None:
                    found.collected = known
            self.store.used(path)
            if found.complete:
                break
        return found

    def _proven(self, module: str) -> Iterator[tuple[Path, dict[str, tuple[Reached, Any]]]]:
        """By entry of a module, newest first, what of it holds here: by test what it reached, and its seconds."""
        for path, entry in self.store.entries(KIND, self._key(module)):
            try:
                sets, tests = entry["sets"], entry["tests"]
                holds = [self._holds(reached["paths"], reached["state"]) for reached in sets]
                proven = {name: (sets[number], known) for name, (number, known) in tests.items() if holds[number]}
            except (KeyError, TypeError, IndexError, AttributeError):  # an entry of another version of this file
                continue
            yield path, proven

    def _holds(self, paths: list[str], state: str) -> bool:
        if state not in self._holding:
            self._holding[state] = self.tree.state(paths) == state
        return self._holding[state]

    def times(self, cold: bool) -> dict[str, float]:
        """Seconds that each test took when it last passed on such a processor, also where it was no proof.

        Those whose module is gone are forgotten.
        A run that is not cold may take a notebook's result from an earlier one: its times are another account.
        """
        found: dict[str, float] = {}
        for kind in ("cold",) if cold else ("cold", "kept"):
            newest = next(self.store.entries(TIMES, key_of(kind, processor())), (None, {}))
            found |= newest[1]
        return {name: took_s for name, took_s in found.items() if _module_of(name) in self.tree.digests}

    def keep_times(self, cold: bool, seconds: Mapping[str, float]) -> None:
        """Add what tests took in this run."""
        rounded = {name: round(took_s, 2) for name, took_s in seconds.items()}
        self.store.keep(TIMES, key_of("cold" if cold else "kept", processor()), self.times(cold) | rounded)

    def keep(
        self, proofs: Mapping[str, Proof], collected: Mapping[str, list[str]], at_import: Mapping[str, Iterable[str]],
        failed: Set[str] = frozenset(),
    ) -> None:  # fmt: skip
        """Add the tests that passed, by id, unless a file that they reach changed meanwhile.

        Tests and whole modules that `failed` lose what proves them here: what made them fail may be no file.
        """
        if self.store.folder is None:
            return
        for module in {_module_of(name) for name in failed}:
            self._take_back(module, failed)
        moved = _moved(self.tree, Tree(self.tree.root))
        by_module: dict[str, dict[str, Proof]] = {}
        for name, proof in proofs.items():
            by_module.setdefault(_module_of(name), {})[name] = proof
        for always in ALWAYS_RUN:
            by_module.pop(always, None)
        for module, found in by_module.items():
            self._keep_module(module, found, collected.get(module), at_import, moved)

    def _take_back(self, module: str, failed: Set[str]) -> None:
        for path, proven in self._proven(module):
            left = {name: proof for name, proof in proven.items() if not failed & {name, module}}
            if left.keys() < proven.keys():
                self.store.forget(path)
                self._write(module, left)

    def _keep_module(
        self, module: str, proofs: Mapping[str, Proof], collected: list[str] | None,
        at_import: Mapping[str, Iterable[str]], moved: frozenset[str],
    ) -> None:  # fmt: skip
        runs_all = [path for path in self.tree.digests if NOT_FOLLOWED.match(path)]
        start = [module, *ALWAYS_REACHED, *runs_all, *conftests(module)]
        in_every = frozenset(path for path in IN_EVERY_TEST if path in self.tree.digests)
        own_of = cache(lambda units: self._reached(start, at_import, units) | in_every)
        set_of = cache(lambda paths: {"paths": sorted(paths), "state": self.tree.state(paths)})
        own = own_of(frozenset())
        proven: dict[str, tuple[Reached, Any]] = {}
        if collected is not None and not own & moved:
            proven[COLLECTED] = (set_of(own), collected)
        for name, proof in proofs.items():
            units = self.tree.units_named(name)
            about = {path for unit in units for path in self.tree.units[unit]}
            reached = own_of(units) | self._reached(proof.touched | about, at_import, units)
            if not reached & moved:
                proven[name] = (set_of(reached), proof.seconds)
        for _, earlier in self._proven(module):  # of other tests; the store drops old entries
            proven = earlier | proven
        self._write(module, proven)

    def _write(self, module: str, proven: Mapping[str, tuple[Reached, Any]]) -> None:
        sets = {reached["state"]: reached for reached, _ in proven.values()}
        numbers = {state: number for number, state in enumerate(sets)}
        tests = {name: [numbers[reached["state"]], known] for name, (reached, known) in proven.items()}
        self.store.keep(KIND, self._key(module), {"sets": list(sets.values()), "tests": tests})

    def _reached(
        self, start: Iterable[str], at_import: Mapping[str, Iterable[str]], units: frozenset[str]
    ) -> frozenset[str]:
        """What is reached from `start` and from what was read when that was imported.

        A module that reads every exercise to list its tests says so in their ids: a test about some `units` does not
        depend on others of their kind because of that.
        """
        reached = self.tree.reached(start)
        while True:
            read = {path for module in reached for path in at_import.get(module, ())}
            more = {path for path in read if not is_another(path, units)}
            if not (added := self.tree.reached(more) - reached):
                return reached
            reached |= added

    def _key(self, module: str) -> str:
        return key_of(module, self.environment)


def _module_of(test: str) -> str:
    return test.partition("::")[0]


def is_test_module(path: str) -> bool:
    """Whether pytest would collect the file at this path."""
    name = path.rpartition("/")[2]
    return path.startswith("tests/") and name.startswith("test_") and name.endswith(".py")


def conftests(module: str) -> list[str]:
    """The conftest files that pytest loads for a module."""
    parts = module.split("/")[:-1]
    return ["/".join([*parts[: count + 1], "conftest.py"]) for count in range(len(parts))]


def _moved(before: Tree, after: Tree) -> frozenset[str]:
    files = before.digests.keys() | after.digests.keys()
    folders = before.listings.keys() | after.listings.keys()
    return frozenset(
        [path for path in files if before.digests.get(path) != after.digests.get(path)]
        + [path for path in folders if before.listings.get(path) != after.listings.get(path)]
    )


@cache
def environment(root: Path) -> tuple[object, ...]:
    """What beside the checkout may decide a test: installed versions, Python, processor, system, programs, settings."""
    ours = sorted(key for key in os.environ if key.startswith("MLSD_") and key not in OURS)
    data = os.environ.get("MLSD_DATA_DIR")
    return (
        installed_versions(),
        f"{sys.version} at {os.path.realpath(sys.executable)}",
        processor(),
        platform.release(),
        getattr(os, "getuid", lambda: 1)() == 0,
        [_program(name) for name in PROGRAMS],
        {key: os.environ[key] for key in ours if key != "MLSD_DATA_DIR"},
        Tree(Path(data)).state(Tree(Path(data)).digests) if data else "",
        bool(os.environ.get("CI")),
    )


def _program(name: str) -> list[object]:
    found = shutil.which(name)
    return [found, os.stat(found).st_size] if found else []
