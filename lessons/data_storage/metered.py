"""A file system that notes what is read from it: on a cloud store each of its notes would be a request and a bill."""

from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from fsspec.implementations.local import LocalFileSystem

if TYPE_CHECKING:
    from pyarrow.fs import PyFileSystem


class Read(NamedTuple):
    """One read: the file's path, the first byte, how many bytes, and whether they reach the file's last one.

    A reader of Parquet begins at the end, where the footer lies that says where everything else is.
    """

    path: str
    start: int
    size: int
    is_footer: bool


class Meter(LocalFileSystem):
    """The local disk; `reads` holds what was read since it was made, `arrow` is the same file system for pyarrow."""

    cachable = False  # fsspec would give everybody the same one

    def __init__(self) -> None:
        super().__init__()
        self.reads: list[Read] = []

    @property
    def arrow(self) -> "PyFileSystem":
        """For the `filesystem` argument of pyarrow's readers."""
        from pyarrow.fs import FSSpecHandler, PyFileSystem

        return PyFileSystem(FSSpecHandler(self))

    def counts(self) -> dict[str, float]:
        """Files opened, reads, and the kilobytes of footers and of all else."""
        kb = {
            footer: sum(read.size for read in self.reads if read.is_footer == footer) / 1e3 for footer in (True, False)
        }
        opened = len({read.path for read in self.reads})
        return {"files opened": opened, "reads": len(self.reads), "footers (kB)": kb[True], "data (kB)": kb[False]}

    def spans(self, files: Iterable[Path]) -> list[tuple[float, float, bool]]:
        """Of all that `files` hold, end to end: where each read begins and ends, in percent, and if it is a footer."""
        start, end = {}, 0
        for file in files:
            start[str(file)] = end
            end += file.stat().st_size
        places = [(start[read.path] + read.start, read.size, read.is_footer) for read in self.reads]
        return [(100 * at / end, 100 * (at + size) / end, footer) for at, size, footer in places]

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        return _MeteredFile(super()._open(path, mode=mode, **options), path, self)


class _MeteredFile:
    def __init__(self, file: IO[bytes], path: str, meter: Meter) -> None:
        self._file, self._path, self._meter = file, path, meter

    def read(self, size: int = -1) -> bytes:
        start = self._file.tell()
        data = self._file.read(size)
        length = self._meter.size(self._path)
        self._meter.reads.append(Read(self._path, start, len(data), start + len(data) >= length))
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
