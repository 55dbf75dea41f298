"""Which version of a model answers: a registry in a folder whose every state on disk is valid.

A promotion or a rollback replaces one small file, which names the current and the previous version
and the decision that put them there. Before it the old state holds, after it the new one; there is nothing between.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from case_studies.kit.artefacts import as_document, read_document
from mlsd_lib.modeling.errors import ModelingError
from notebook_runner.whole_file import sync, write_whole

DECISION = {"number": int, "time": int | float, "action": str, "from": str | None, "to": str, "reason": str}
STATE = {"current": str, "previous": str | None, "decision": dict}
"""The fields of a line of the history, and of the state, with their types."""


class ModelRegistry:
    """Versions of a model under `root`; `clock` gives the time that is written next to each decision.

    On disk: `versions/NAME/...` never changes once it is there; `state.json` holds `current`, `previous` and the
    last `decision`; `history.jsonl` holds every decision, one a line. Any number of processes may read; those that
    write wait for each other, see `alone`. Nothing is written before the first version is added.
    """

    def __init__(self, root: str | Path, clock: Callable[[], float]):
        self.root, self._clock = Path(root), clock
        self._versions, self._log = self.root / "versions", self.root / "history.jsonl"
        self._state_file = self.root / "state.json"
        self._alone = False

    @property
    def current(self) -> str | None:
        """The version that should answer; None before the first promotion."""
        return self._state()["current"]

    @property
    def previous(self) -> str | None:
        """The version that a rollback would bring back, if there is one."""
        return self._state()["previous"]

    def versions(self) -> list[str]:
        """The names of all complete versions, sorted."""
        return sorted(path.name for path in self._versions.glob("[!.]*"))

    def path(self, version: str) -> Path:
        """The folder of a version; raises `ModelingError` if it is not there."""
        if version not in self.versions():
            known = ", ".join(self.versions()) or "none yet"
            raise ModelingError(f"There is no version {version!r} in {self.root}. Name one that is there: {known}.")
        return self._versions / version

    def add(self, version: str, write: Callable[[Path], None]) -> Path:
        """The folder of a new version, which `write` has filled; it appears complete or not at all."""
        if not version or version.startswith(".") or Path(version).name != version:
            raise ModelingError(f"{version!r} is no name for a version: one word without slashes, no leading dot.")
        with self.alone():
            return self._added(version, write)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Until the block ends, no other process changes what is current; also where that process dies in between.

        A system without file locks (Windows) does not wait: there, one operator at a time.
        """
        try:
            import fcntl
        except ImportError:
            yield
            return
        if self._alone:  # a block within a block
            yield
            return
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._alone = True
            try:
                yield
            finally:
                self._alone = False

    def promote(self, version: str, reason: str) -> None:
        """Makes `version` the current one and keeps the one before it as `previous`."""
        self.path(version)
        with self.alone():
            current = self.current
            if version == current:
                raise ModelingError(f"Version {version!r} is the current one already. Promote another.")
            self._switch("promote", version, current, reason)

    def rollback(self, reason: str) -> str:
        """Makes `previous` the current version again, and gives it; then none is previous, so two cannot alternate."""
        with self.alone():
            previous = self.previous
            if previous is None:
                raise ModelingError("There is no previous version to roll back to. Promote one by name.")
            self._switch("rollback", previous, None, reason)
            return previous

    def history(self) -> list[dict[str, Any]]:
        """Every decision that took effect, oldest first: number, time, action, from, to, reason."""
        decisions, last = self._logged(), self._state()["decision"]
        if last is None:
            return decisions
        known = decisions[-1]["number"] if decisions else 0
        if known < last["number"] - 1 and self._log.exists():
            raise ModelingError(
                f"{self._log} ends with decision {known}, and {last['number']} were made. Take the file from a backup, "
                "or move it away: the history then begins with the last decision."
            )
        # The process may have ended after the switch and before the log was written.
        return [*decisions, last] if known < last["number"] else decisions

    def _added(self, version: str, write: Callable[[Path], None]) -> Path:
        if version in self.versions():
            raise ModelingError(f"Version {version!r} is there already and never changes. Choose a new name.")
        unfinished = self._versions / f".{version}"
        shutil.rmtree(unfinished, ignore_errors=True)  # left by a crash
        unfinished.mkdir(parents=True)
        write(unfinished)
        for file in unfinished.rglob("*"):
            sync(file)
        os.replace(unfinished, self._versions / version)
        sync(self._versions)
        return self._versions / version

    def _switch(self, action: str, version: str, previous: str | None, reason: str) -> None:
        past = self.history()
        decision = {
            "number": past[-1]["number"] + 1 if past else 1,
            "time": self._clock(),
            "action": action,
            "from": self.current,
            "to": version,
            "reason": reason,
        }
        self._write_log(past)  # only writes what a crash kept from being written
        state = {"current": version, "previous": previous, "decision": decision}
        write_whole(self._state_file, json.dumps(state, indent=1).encode())
        self._write_log([*past, decision])

    def _state(self) -> dict[str, Any]:
        """What the file says; where that is gone, what follows from the history."""
        with suppress(FileNotFoundError):
            written = read_document(self._state_file, STATE)
            as_document(self._state_file, json.dumps(written["decision"]), DECISION)
            return written
        state: dict[str, Any] = dict.fromkeys(STATE)
        for last in self._logged()[-1:]:
            previous = last["from"] if last["action"] == "promote" else None
            state = {"current": last["to"], "previous": previous, "decision": last}
        return state

    def _logged(self) -> list[dict[str, Any]]:
        lines = self._log.read_bytes().splitlines(keepends=True) if self._log.exists() else []
        whole = [line for line in lines if line.endswith(b"\n")]  # a torn last was never written
        return [as_document(self._log, line, DECISION) for line in whole]

    def _write_log(self, decisions: list[dict[str, Any]]) -> None:
        if len(self._logged()) < len(decisions):
            write_whole(self._log, "".join(json.dumps(entry) + "\n" for entry in decisions).encode())
