"""Versions of a file in pieces, so that what two versions share is stored once.

`whole`, `fixed` and `content_defined` cut; a `ChunkStore` keeps each different piece once, under its SHA-256. Cuts at
fixed places all move when one byte is inserted. Content-defined cuts are made where the last 32 bytes have a certain
look, so after an insertion they fall into step again.
"""

import hashlib
import itertools
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mlsd_lib.datasets import DataError
from notebook_runner.whole_file import write_whole

WINDOW = 32
"""Bytes that a cut depends on: the bits of a hash, of which each byte's share is pushed out after so many shifts."""
BLOCK = 2**16
"""Bytes hashed at a time: few enough for their hashes, which take four times as much twice, to stay in a cache."""
GEAR = np.array([int.from_bytes(hashlib.sha256(bytes([byte])).digest()[:4]) for byte in range(256)], dtype=np.uint32)
"""A fixed random number for each byte, the same everywhere and for ever: other numbers would make other cuts."""


def whole(data: bytes) -> list[bytes]:
    """`data` as one chunk."""
    return [data] if data else []


def fixed(data: bytes, size: int = 8192) -> list[bytes]:
    """`data` cut every `size` bytes."""
    if size < 1:
        raise DataError(f"size is {size}; a chunk has at least one byte. Ask for 8192.")
    return [data[start : start + size] for start in range(0, len(data), size)]


def content_defined(data: bytes, average: int = 8192, least: int = 2048, most: int = 65536) -> list[bytes]:
    """`data` cut where its content says so: about `average` bytes beyond `least` apart, never above `most`.

    Only the last chunk may be shorter than `least`.

    Source: W. Xia et al., FastCDC, USENIX ATC (2016), section 3; the gear hash from their Ddelta (2014).
    """
    if not WINDOW <= least <= most or average < 1:
        raise DataError(
            f"least {least}, average {average}, most {most}: least is at least {WINDOW} and at most most, "
            "average at least 1. Ask for 2048, 8192, 65536."
        )
    cuts = [0]
    for place in [*_candidates(data, average), len(data)]:
        while place - cuts[-1] > most:
            cuts.append(cuts[-1] + most)
        if place - cuts[-1] >= least or place == len(data):
            cuts.append(place)
    return [data[start:end] for start, end in itertools.pairwise(cuts) if start < end]


def _candidates(data: bytes, average: int) -> list[int]:
    """Places after a byte at which the gear hash of the last 32 bytes is one of the smallest 1 in `average`."""
    found = []
    for start in range(0, len(data), BLOCK):
        before = min(start, WINDOW - 1)
        hashes = gear_hashes(data[start - before : start + BLOCK])[before:]
        found += (np.flatnonzero(hashes < 2**32 // average) + start + 1).tolist()
    return found


def gear_hashes(data: bytes) -> np.ndarray:
    """The gear hash after each byte, (n,) uint32: h = 2 h + GEAR[byte], of which 32 shifts leave nothing.

    The sum over 32 bytes is built from two sums over 16, these from sums over 8, and so on: five additions a byte.
    """
    hashes = GEAR[np.frombuffer(data, dtype=np.uint8)]
    width = 1
    while width < WINDOW:
        hashes[width:] += hashes[:-width] << np.uint32(width)
        width *= 2
    return hashes


class ChunkStore:
    """Chunks as files under `folder`, each once, named by the SHA-256 of its content. Processes may share it."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def put(self, chunks: Iterable[bytes]) -> list[str]:
        """The names of `chunks` in their order, after those not yet here were written. `get` gives them back."""
        names = []
        for chunk in chunks:
            name = hashlib.sha256(chunk).hexdigest()
            path = self._path(name)
            if not path.exists():
                path.parent.mkdir(exist_ok=True)
                write_whole(path, chunk)
            names.append(name)
        return names

    def get(self, names: Iterable[str]) -> bytes:
        """The chunks of these names joined. Raises `DataError` for one that is missing, or not what it was."""
        return b"".join(map(self._read, names))

    def new_bytes(self, chunks: Iterable[bytes]) -> int:
        """How many bytes `put(chunks)` would write: those of different chunks that are not here yet."""
        new = {hashlib.sha256(chunk).hexdigest(): len(chunk) for chunk in chunks}
        return sum(size for name, size in new.items() if not self._path(name).exists())

    def _path(self, name: str) -> Path:
        if not re.fullmatch("[0-9a-f]{64}", name):
            raise DataError(f"{name!r} is no name of a chunk: 64 hexadecimal digits. Take the names that put returned.")
        return self.folder / name[:2] / name[2:]

    def _read(self, name: str) -> bytes:
        path = self._path(name)
        try:
            chunk = path.read_bytes()
        except FileNotFoundError:
            raise DataError(f"There is no chunk {name} in {self.folder}. Put it again from its source.") from None
        if hashlib.sha256(chunk).hexdigest() != name:
            raise DataError(f"The chunk {path} is not what was put: its SHA-256 differs. Delete it and put it again.")
        return chunk
