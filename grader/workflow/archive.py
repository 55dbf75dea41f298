"""The files of a folder, a zip or a tar, read without trusting it: plain relative names, limited sizes, no links.

It knows nothing of students or exercises. Every refusal is an entry of its own, none ends the reading of the others.
"""

import io
import lzma
import os
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from grader.grading.intake.limits import FILE_BYTES, MB, NOTEBOOK_BYTES, SMALL_NOTEBOOK_BYTES
from grader.grading.intake.output_stripper import TooLarge
from grader.grading.intake.submission import HARD_LINK, read_limited
from grader.workflow.unpacking import Unpacked, UnpackedTooLarge

LEFT_OUT = {".ipynb_checkpoints", "__pycache__", "__MACOSX", ".DS_Store", "Thumbs.db", ".git"}
TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
UTF8_NAME = 0x800
ENCRYPTED = 0x1
DIRECTORY_ENTRY, DIRECTORY_ENTRY_BYTES = b"PK\1\2", 46
BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError)
TOO_MUCH = "the source holds too much; this and what follows was not read"


@dataclass(frozen=True)
class Limits:
    """What one source may hold: bytes a file and in all, unpacked to packed ratio, files, folders deep.

    `read_bytes`: what may be unpacked to find that out. Sizes of notebooks are those without outputs.
    """

    file_bytes: int = FILE_BYTES
    all_bytes: int = 1_000 * MB
    read_bytes: int = 20_000 * MB
    ratio: float = 200.0
    files: int = 50_000
    depth: int = 12


@dataclass(frozen=True)
class Entry:
    """One file: its name in the source, when it was received (UTC) and its content, or why it was refused.

    `handed_in_bytes`: how large a notebook was whose outputs were dropped, else 0.
    """

    name: PurePosixPath
    received: datetime
    content: bytes = b""
    refusal: str = ""
    handed_in_bytes: int = 0


@dataclass(frozen=True)
class Member:
    """One file of a source before it is read: `stated_bytes` and `packed_bytes` are what the source says."""

    filename: str
    received: datetime
    fault: str
    stated_bytes: int
    packed_bytes: int
    open: Callable[[], IO[bytes]]


def read(source: Path, limits: Limits | None = None, zone: tzinfo | None = None) -> Iterator[Entry]:
    """Every file of a folder, a zip or a tar. One that cannot be read, or a limit passed, is one refused entry.

    A zip's times are taken as those of `zone`, or of this machine.
    """
    limits = limits or Limits()
    if source.is_dir():
        return read_folder(source.resolve(), limits)
    return read_archive(source, source.name, limits, zone=zone)


def read_folder(folder: Path, limits: Limits) -> Iterator[Entry]:
    """Every file below a folder, none of a link, and none where the folder itself is one."""
    return _entries(_folder_members(folder, limits), limits)


def is_archive(name: str) -> bool:
    """Whether a file of this name is a zip or a tar."""
    return name.lower().endswith((".zip", *TARS))


def read_archive(
    file: Path | BinaryIO, name: str, limits: Limits, received: datetime | None = None, zone: tzinfo | None = None
) -> Iterator[Entry]:
    """Every file of a zip or tar. Times are those of its entries, or `received` if it came inside another source."""
    tar = name.lower().endswith(TARS)
    try:
        if tar:
            yield from _read_tar(file, limits, received)
        else:
            with _opened_to_read(file) as opened, zipfile.ZipFile(HonestNames(opened)) as archive:
                yield from _entries(_zip_members(archive, received, zone), limits)
    except UnpackedTooLarge as error:
        yield Entry(PurePosixPath(name), received or datetime.now(UTC), refusal=str(error))
    except (*BROKEN, ValueError) as error:
        reported = f"not a {'tar' if tar else 'zip'} that can be read ({error})"
        yield Entry(PurePosixPath(name), received or datetime.now(UTC), refusal=reported)


def _opened_to_read(file: Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    return file.open("rb") if isinstance(file, Path) else nullcontext(file)


class HonestNames:
    """A zip's file in whose directory no name says that it is UTF-8 and is not: for one, `zipfile` reads no other."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.seek, self.seekable, self.tell = file, file.seek, file.seekable, file.tell

    def read(self, size: int = -1) -> bytes:
        """The next bytes. A directory is read at once."""
        found = bytearray(self.file.read(size))
        place = 0
        while found.startswith(DIRECTORY_ENTRY, place) and len(found) >= place + DIRECTORY_ENTRY_BYTES:
            lengths = struct.unpack_from("<3H", found, place + 28)
            name = place + DIRECTORY_ENTRY_BYTES
            try:
                found[name : name + lengths[0]].decode()
            except UnicodeDecodeError:
                found[place + 9] &= ~(UTF8_NAME >> 8)
            place = name + sum(lengths)
        return bytes(found)


def _read_tar(file: Path | BinaryIO, limits: Limits, received: datetime | None) -> Iterator[Entry]:
    with Unpacked(file, limits.read_bytes) as unpacked, tarfile.open(fileobj=unpacked, mode="r:") as archive:
        yield from _entries(_tar_members(archive, received), limits)


def _entries(members: Iterator[Member], limits: Limits) -> Iterator[Entry]:
    total, read_bytes = 0, 0
    seen: set[str] = set()
    folders: set[str] = set()
    for number, member in enumerate(members):
        plain = unicodedata.normalize("NFC", member.filename.replace("\\", "/")).removeprefix("./")
        fault = _name_fault(plain, limits) or member.fault
        name = PurePosixPath(member.filename if fault else plain)
        if LEFT_OUT.intersection(PurePosixPath(plain).parts):
            continue
        if number >= limits.files or total > limits.all_bytes or read_bytes > limits.read_bytes:
            yield Entry(name, member.received, refusal=TOO_MUCH)
            return
        same = plain.casefold()
        within = {same[:place] for place, letter in enumerate(same) if letter == "/"}
        if not fault and (same in seen or same in folders or not within.isdisjoint(seen)):
            fault = "another file of the source has the same name, or that of a folder of it"
        seen.add(same)
        folders |= within
        entry = Entry(name, member.received, refusal=fault) if fault else _unpack(name, member, limits)
        total += len(entry.content)
        read_bytes += max(member.stated_bytes, entry.handed_in_bytes, len(entry.content))
        yield entry


def _unpack(name: PurePosixPath, member: Member, limits: Limits) -> Entry:
    """The member's content; the size that the source states is not trusted."""
    if fault := _size_fault(name, member, limits):
        return Entry(name, member.received, refusal=fault)
    try:
        with member.open() as opened:
            file = Counted(opened)
            content = read_limited(file, name.name, limits.file_bytes)  # type: ignore[arg-type]
    except TooLarge as error:
        return Entry(name, member.received, refusal=str(error))
    except UnpackedTooLarge:
        raise
    except (*BROKEN, UnicodeDecodeError) as error:
        return Entry(name, member.received, refusal=f"cannot be unpacked ({getattr(error, 'strerror', '') or error})")
    dropped = file.bytes if len(content) < file.bytes and file.bytes > SMALL_NOTEBOOK_BYTES else 0
    if not dropped and (fault := _bomb_fault(member, limits)):
        return Entry(name, member.received, refusal=fault)
    return Entry(name, member.received, content, handed_in_bytes=dropped)


class Counted:
    """A file that counts what was read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.bytes = file, 0

    def read(self, size: int) -> bytes:
        """The next bytes."""
        found = self.file.read(size)
        self.bytes += len(found)
        return found


def _size_fault(name: PurePosixPath, member: Member, limits: Limits) -> str:
    is_notebook = name.suffix.lower() == ".ipynb"  # its outputs may pack as well as a bomb does, and are dropped
    most = NOTEBOOK_BYTES if is_notebook else limits.file_bytes
    if member.stated_bytes > most:
        return f"larger than {most / MB:g} MB"
    return "" if is_notebook else _bomb_fault(member, limits)


def _bomb_fault(member: Member, limits: Limits) -> str:
    if member.stated_bytes > MB and member.stated_bytes > limits.ratio * max(1, member.packed_bytes):
        return f"unpacks to more than {limits.ratio:g} times its packed size"
    return ""


def _name_fault(name: str, limits: Limits) -> str:
    parts = name.split("/")
    if name.startswith("/") or ":" in parts[0] or any(part in ("", ".", "..") for part in parts):
        return "its name leads out of the archive"
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        return "its name holds control characters"
    if len(parts) > limits.depth or any(len(part.encode(errors="replace")) > 200 for part in parts):
        return "its name is too long or too deep"
    return ""


def _zip_members(archive: zipfile.ZipFile, received: datetime | None, zone: tzinfo | None) -> Iterator[Member]:
    for entry in archive.infolist():
        name = _zip_name(entry)
        if not name.endswith(("/", "\\")):
            when = received or _zip_time(entry, zone)
            yield Member(
                name, when, _zip_fault(entry), entry.file_size, entry.compress_size, partial(archive.open, entry)
            )


def _zip_name(member: zipfile.ZipInfo) -> str:
    """The name as its maker wrote it: what is valid UTF-8 is taken for it, also where the zip does not say so."""
    if member.flag_bits & UTF8_NAME:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename


def _zip_fault(member: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "a link or a special file" if kind != stat.S_IFDIR else "a folder stored as a file"
    return "encrypted" if member.flag_bits & ENCRYPTED else ""


def _zip_time(member: zipfile.ZipInfo, zone: tzinfo | None) -> datetime:
    """When the entry was written, by a clock of `zone` or of this machine; 1980, the oldest, where it has no time."""
    try:
        local = datetime(*member.date_time)
        return (local.replace(tzinfo=zone) if zone else local).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return datetime(1980, 1, 1, tzinfo=UTC)


def _tar_members(archive: tarfile.TarFile, received: datetime | None) -> Iterator[Member]:
    for entry in archive:
        vars(archive)["members"] = []  # or it would remember every one
        if entry.isdir():
            continue
        fault = "a sparse file" if entry.sparse is not None else "" if entry.isreg() else "a link or a special file"
        opened = partial(_extracted, archive, entry)
        yield Member(entry.name, received or _time(entry.mtime), fault, entry.size, entry.size, opened)


def _extracted(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    return archive.extractfile(member) or io.BytesIO()


def _folder_members(folder: Path, limits: Limits) -> Iterator[Member]:
    """The files below a folder whose owners may change it meanwhile: each is looked at and opened from the folder that
    was entered, which by then may have another name, and no link is followed. A folder that lies too deep is entered no
    more, and is a member itself, which its name refuses."""
    for place, folders, files, entered in _walked(folder):
        folders.sort()
        is_deep = len(Path(place).relative_to(folder).parts) >= limits.depth
        for name in sorted((*files, *folders)):
            inner = (Path(place) / name).relative_to(folder).as_posix()
            name = name if entered is not None else os.path.join(place, name)
            try:
                status = os.stat(name, dir_fd=entered, follow_symlinks=False)
            except OSError:
                continue  # gone since the folder was listed
            if stat.S_ISDIR(status.st_mode) and not is_deep:
                continue
            fault = "" if stat.S_ISREG(status.st_mode) else "a link or a special file"
            if not fault and status.st_nlink > 1:
                fault = HARD_LINK
            opened, size = partial(_opened, name, entered, status), status.st_size
            yield Member(inner, _time(status.st_mtime), fault, size, size, opened)
        folders[:] = [] if is_deep else folders


def _walked(folder: Path) -> Iterator[tuple[str, list[str], list[str], int | None]]:
    """As `os.fwalk`, which Windows lacks."""
    if hasattr(os, "fwalk"):
        yield from os.fwalk(folder)
    else:
        yield from ((*level, None) for level in os.walk(folder))


def _opened(name: str, entered: int | None, status: os.stat_result) -> IO[bytes]:
    """The file that had `status` in the open folder `entered`. Never blocks; raises `OSError` if it is another now."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(name, flags, dir_fd=entered)
    now = os.fstat(handle)
    if not (os.path.samestat(now, status) and stat.S_ISREG(now.st_mode)):
        os.close(handle)
        raise OSError("it changed while it was read")
    return os.fdopen(handle, "rb")


def _time(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime(1980, 1, 1, tzinfo=UTC)
