"""Results that hold as long as nothing they depend on changes, kept for all checkouts of a user.

An entry lies in a folder named by the digest of what must be the same, in a file named by the digest of its content:
nothing is changed in place, so any number of processes may write at once, and a damaged file is known by its name.
Deleting the folder only costs time. Whatever is wrong with it is said once, and the work goes on without it.
"""

import gzip
import hashlib
import json
import os
import platform
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from notebook_runner.whole_file import write_whole

VARIABLE = "MLSD_STORE"
"""Names the folder; `none` is no store at all."""
FORMAT = "1"
MOST_BYTES = 600_000_000
LEFT_AFTER_TRIMMING = 0.8
MOST_OF_A_KEY = 8
"""Entries under one key are tried one by one: of more than these the oldest go."""


class ResultStore:
    """Entries of several kinds in `folder`; None is a store that keeps nothing. `faults` is what was wrong with it."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.faults: list[str] = []

    def entries(self, kind: str, key: str) -> Iterator[tuple[Path, Any]]:
        """File and content of what was kept under `key`, newest first; damaged ones are left out and said."""
        if self.folder is None:
            return
        try:
            found = sorted(self._place(kind, key).glob("*.gz"), key=_age, reverse=True)
        except OSError as error:
            return self._fault(f"cannot be read ({error.strerror})")
        for path in found[:MOST_OF_A_KEY]:
            try:
                yield path, _read(path)
            except FileNotFoundError:  # another process trimmed
                continue
            except (OSError, EOFError, ValueError) as error:
                self._fault(f"holds a damaged file, {path.name} ({error})")

    def keep(self, kind: str, key: str, content: Any) -> None:
        """Write one entry; where that cannot be done it is said, and nothing else happens."""
        if self.folder is None:
            return
        data = json.dumps(content, sort_keys=True).encode()
        place = self._place(kind, key)
        try:
            place.mkdir(parents=True, exist_ok=True)
            write_whole(place / f"{_digest(data)}.gz", gzip.compress(data, 6, mtime=0), lasting=False)
            for old in sorted(place.glob("*.gz"), key=_age, reverse=True)[MOST_OF_A_KEY:]:
                old.unlink(missing_ok=True)
        except OSError as error:
            self._fault(f"cannot be written ({error.strerror})")

    def used(self, path: Path) -> None:
        """Remember that an entry was of use, so that it is not among the first to go."""
        try:
            os.utime(path)
        except OSError:  # read-only, or gone: both will be said by who writes
            pass

    def forget(self, path: Path) -> None:
        """Delete an entry that is right no longer; where that cannot be done it is said."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self._fault(f"cannot be written ({error.strerror})")

    def trim(self, most_bytes: int = MOST_BYTES) -> None:
        """Delete what was not used for longest, if there is more than `most_bytes`; other files stay."""
        if self.folder is None or not self.folder.is_dir():
            return
        try:
            files = [(path, path.stat()) for path in self.folder.glob(f"{FORMAT}/*/*/*/*") if path.is_file()]
            size = sum(stat.st_size for _, stat in files)
            if size <= most_bytes:
                return
            for path, stat in sorted(files, key=lambda entry: entry[1].st_mtime):
                path.unlink(missing_ok=True)
                size -= stat.st_size
                if size <= LEFT_AFTER_TRIMMING * most_bytes:
                    return
        except OSError as error:
            self._fault(f"cannot be tidied ({error.strerror})")

    def _place(self, kind: str, key: str) -> Path:
        assert self.folder is not None
        return self.folder / FORMAT / kind / key[:2] / key

    def _fault(self, what: str) -> None:
        text = f"The store of earlier results {self.folder} {what}: going on without that. It may be deleted."
        if not self.faults:
            print(f"mlsd: {text}", file=sys.stderr, flush=True)
        self.faults.append(text)


def users_store() -> ResultStore:
    """The store of this user: in the folder that MLSD_STORE names, else in the user's folder of caches."""
    return _store_at(os.environ.get(VARIABLE, ""))


@cache
def _store_at(named: str) -> ResultStore:
    from platformdirs import user_cache_path

    if named == "none":
        return ResultStore(None)
    return ResultStore(Path(named) if named else user_cache_path("mlsd") / "results")


def key_of(*parts: Any) -> str:
    """The digest of plain data, as a key."""
    return _digest(json.dumps(parts, sort_keys=True).encode())


@cache
def processor() -> str:
    """What this processor can do: results of compiled code may depend on it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        found = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
        features = " ".join(sorted(found[1].split())) if found else ""
    except OSError:
        features = platform.processor()
    return f"{platform.machine()} {_digest(features.encode())[:16]}"


def _read(path: Path) -> Any:
    data = gzip.decompress(path.read_bytes())
    if _digest(data) != path.stem:
        raise ValueError("its content is not what its name says")
    return json.loads(data)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=20).hexdigest()
