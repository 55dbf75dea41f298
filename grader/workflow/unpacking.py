"""A compressed file unpacked as it is read, with a limit on all of it: tarfile trusts the sizes that a tar states."""

import bz2
import gzip
import io
import lzma
from pathlib import Path
from typing import Any, BinaryIO

PIECE = 8 << 20  # the most that anybody may ask for at once; the headers of a tar are read whole
OPENERS = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\0", lzma.open))


class UnpackedTooLarge(Exception):
    """More was unpacked than is allowed."""


class Unpacked(io.RawIOBase):
    """The unpacked content of a gzip, bzip2, xz or plain file. Raises `UnpackedTooLarge` past `most_bytes`."""

    def __init__(self, file: Path | BinaryIO, most_bytes: int) -> None:
        raw: BinaryIO = file.open("rb") if isinstance(file, Path) else file
        start = raw.read(6)
        raw.seek(0)
        opener = next((opener for mark, opener in OPENERS if start.startswith(mark)), None)
        self._file: Any = opener(raw, "rb") if opener else raw
        self._raw, self._most_bytes = raw, most_bytes

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True; what lies before is unpacked again."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, at most 8 MB."""
        if size < 0 or size > PIECE:
            raise UnpackedTooLarge("it states a header that is too large")
        self._check(self._file.tell() + size)
        return bytes(self._file.read(size))

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        """Go to `place`."""
        self._check(place)
        return int(self._file.seek(place, whence))

    def tell(self) -> int:
        """The place."""
        return int(self._file.tell())

    def close(self) -> None:
        """Close the file below too."""
        if not self.closed:
            self._file.close()
            self._raw.close()
        super().close()

    def _check(self, place: int) -> None:
        if place > self._most_bytes:
            raise UnpackedTooLarge(f"it unpacks to more than {self._most_bytes / 1e6:g} MB")
