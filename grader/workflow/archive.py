"""The files of a folder or a zip, read without trusting it: plain relative names, limited sizes, no links or devices.

It knows nothing of students or exercises. Every refusal is an entry of its own, none ends the reading of the others.
"""

import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

MB = 1_000_000
LEFT_OUT = {".ipynb_checkpoints", "__pycache__", "__MACOSX", ".DS_Store", "Thumbs.db", ".git"}


@dataclass(frozen=True)
class Limits:
    """What one source may hold: bytes a file and in all, unpacked to packed ratio, files, folders deep."""

    file_bytes: int = 50 * MB
    all_bytes: int = 1_000 * MB
    ratio: float = 200.0
    files: int = 50_000
    depth: int = 12


@dataclass(frozen=True)
class Entry:
    """One file: its name in the source, when it was received (UTC) and its content, or why it was refused."""

    name: PurePosixPath
    received: datetime
    content: bytes = b""
    refusal: str = ""


def read(source: Path, limits: Limits | None = None) -> Iterator[Entry]:
    """Every file of a folder or a zip. An archive that is no archive, or a limit passed, is one refused entry."""
    limits = limits or Limits()
    return _read_folder(source, limits) if source.is_dir() else read_zip(source, source.name, limits)


def read_zip(file: Path | BinaryIO, name: str, limits: Limits, received: datetime | None = None) -> Iterator[Entry]:
    """Every file of a zip. Times are those of its entries, or `received` for a zip that came inside another source."""
    own = received or datetime.now(UTC)
    try:
        with zipfile.ZipFile(file) as archive:
            yield from _read_members(archive, limits, received)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        yield Entry(PurePosixPath(name), own, refusal=f"not a zip that can be read ({error})")


def _read_members(archive: zipfile.ZipFile, limits: Limits, received: datetime | None) -> Iterator[Entry]:
    total, seen = 0, set()
    members = [one for one in archive.infolist() if not one.is_dir()]
    for number, member in enumerate(members):
        when = received or _zip_time(member)
        name = PurePosixPath(unicodedata.normalize("NFC", member.filename))
        if LEFT_OUT.intersection(name.parts):
            continue
        fault = _name_fault(member.filename, limits) or _member_fault(member, limits)
        if number >= limits.files or total > limits.all_bytes:
            yield Entry(name, when, refusal="the archive holds too much; this and what follows was not read")
            return
        key = str(name).casefold()
        if not fault and key in seen:
            fault = "another file of the archive has the same name"
        content, fault = (b"", fault) if fault else _unpack(archive, member, limits)
        seen.add(key)
        total += len(content)
        yield Entry(name, when, content, fault)


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: Limits) -> tuple[bytes, str]:
    try:
        with archive.open(member) as file:
            content = file.read(limits.file_bytes + 1)  # the size that the archive states is not trusted
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        return b"", f"cannot be unpacked ({error})"
    if len(content) > limits.file_bytes:
        return b"", f"larger than {limits.file_bytes / MB:g} MB"
    return content, ""


def _member_fault(member: zipfile.ZipInfo, limits: Limits) -> str:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "a link or a special file" if kind != stat.S_IFDIR else "a folder stored as a file"
    if member.flag_bits & 0x1:
        return "encrypted"
    if member.file_size > limits.file_bytes:
        return f"larger than {limits.file_bytes / MB:g} MB"
    if member.file_size > MB and member.file_size > limits.ratio * max(1, member.compress_size):
        return f"unpacks to more than {limits.ratio:g} times its packed size"
    return ""


def _name_fault(name: str, limits: Limits) -> str:
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or ":" in parts[0] or any(part in ("", ".", "..") for part in parts):
        return "its name leads out of the archive"
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        return "its name holds control characters"
    if len(parts) > limits.depth or any(len(part.encode()) > 200 for part in parts):
        return "its name is too long or too deep"
    return ""


def _zip_time(member: zipfile.ZipInfo) -> datetime:
    try:
        return datetime(*member.date_time, tzinfo=UTC)
    except ValueError:
        return datetime(1980, 1, 1, tzinfo=UTC)


def _read_folder(folder: Path, limits: Limits) -> Iterator[Entry]:
    total = number = 0
    for path in sorted(folder.rglob("*")):
        name = PurePosixPath(path.relative_to(folder).as_posix())
        if LEFT_OUT.intersection(name.parts):
            continue
        status = path.lstat()
        when = datetime.fromtimestamp(int(status.st_mtime), UTC)
        if stat.S_ISDIR(status.st_mode):
            continue
        number += 1
        if number > limits.files or total > limits.all_bytes:
            yield Entry(name, when, refusal="the folder holds too much; this and what follows was not read")
            return
        fault = _name_fault(str(name), limits)
        if not stat.S_ISREG(status.st_mode):
            fault = "a link or a special file"
        elif status.st_size > limits.file_bytes:
            fault = f"larger than {limits.file_bytes / MB:g} MB"
        content, fault = (b"", fault) if fault else _contents(path)
        total += len(content)
        yield Entry(name, when, content, fault)


def _contents(path: Path) -> tuple[bytes, str]:
    try:
        return path.read_bytes(), ""
    except OSError as error:
        return b"", f"cannot be read ({error.strerror})"
