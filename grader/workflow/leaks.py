"""Does a folder hold what students must not get? Decided by content, whatever a file is called and wherever it hides.

Looked for: lines that only a solution has, files that only the grader or the bank has (whole, or most of their lines),
the secret. Looked into: every file, zips, gzips, and all objects of a git repository. It changes nothing.
"""

import gzip
import hashlib
import io
import json
import re
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.errors import GraderError
from notebook_runner.canonical import source_of
from notebook_runner.course import names_the_course, read_json

SHORTEST = 20  # characters of a line that counts
FEWEST_LINES = 5  # a guarded file with fewer lines that count is known by its hash alone
GUARDED = ("grader/suites/*/hidden", "grader/suites/*/bank")
IMPORT = re.compile(r"(import|from) [\w., ]+( import .*)?$")
MARKER = re.compile(r"#+ (BEGIN|END) ")
MOST_BYTES, DEEPEST = 200_000_000, 5
"""What of a member of an archive is looked into, and how many archives in each other."""
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)
"""What is raised for an archive that is damaged, encrypted or packed in another way."""
LOOSE_OBJECT = re.compile(r"objects/[0-9a-f]{2}/[0-9a-f]{38}$")


@dataclass(frozen=True)
class Leak:
    """Where in the folder something was found, and what."""

    where: str
    what: str


@dataclass
class Guarded:
    """What must not be found: lines of solutions, hashes and lines of guarded files, the secret."""

    lines: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    files: dict[str, set[str]] = field(default_factory=dict)
    secret: str = ""


def guarded(root: Path, secret_file: Path) -> Guarded:
    """What the full repository at `root` keeps from students. Raises `GraderError` if it has no solutions."""
    notebooks = sorted((root / "solutions").glob("*/*.ipynb"))
    if not notebooks:
        raise GraderError(f"{root} has no solutions, so nothing can be looked for. Run this in the full repository.")
    found = Guarded(secret=secret_file.read_text().strip() if secret_file.is_file() else "")
    for path in notebooks:
        released = root / "exercises" / path.parent.name / path.name
        public = _cell_lines(released) if released.is_file() else set()
        for line in _cell_lines(path) - public:
            found.lines[line] = f"a line of the solution of {path.parent.name}: {line!r}"
    for folders in GUARDED:
        for path in sorted(root.glob(f"{folders}/**/*")):
            if path.is_file() and "__pycache__" not in path.parts and path.read_bytes().strip():
                name = path.relative_to(root).as_posix()
                found.hashes[hashlib.sha256(path.read_bytes()).hexdigest()] = name
                found.files[name] = _counting(path.read_bytes().decode(errors="replace").splitlines())
    return found


def require_edition(folder: Path) -> None:
    """Raises `GraderError` unless `folder` is an edition of the course: another may be a whole machine."""
    project = folder / "pyproject.toml"
    if not project.is_file() or not names_the_course(project.read_bytes()):
        raise GraderError(
            f"{folder} is no edition of the course: no pyproject.toml in it names the course. Name the folder that "
            "students get, as mlsd release --to writes it."
        )


def scan(folder: Path, against: Guarded) -> list[Leak]:
    """Everything found in `folder`, the first finding of each kind a file."""
    return [leak for where, content in _contents(folder) for leak in _leaks(where, content, against)]


def _leaks(where: str, content: bytes, against: Guarded) -> Iterator[Leak]:
    name = against.hashes.get(hashlib.sha256(content).hexdigest())
    forms = _forms(content)
    for line, what in against.lines.items():
        if any(line in form for form in forms):
            yield Leak(where, what)
            break
    if against.secret and any(against.secret in form for form in forms):
        yield Leak(where, "the secret")
    if name:
        yield Leak(where, f"the file {name}")
        return
    there = {line.strip() for form in forms for line in form.splitlines()}
    for name, lines in against.files.items():
        if len(lines) >= FEWEST_LINES and 2 * len(lines & there) >= len(lines):
            yield Leak(where, f"most lines of the file {name}")


def _forms(content: bytes) -> list[str]:
    """The content as text, and as the texts inside it if it is JSON (a notebook, say) or has escapes like it."""
    plain = content.decode(errors="replace")
    if "\\" not in plain:
        return [plain]
    try:
        return [plain, "\n".join(_strings(json.loads(plain)))]
    except (ValueError, RecursionError):
        return [plain, plain.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")]


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for part in data.values() if isinstance(data, dict) else data:
            yield from _strings(part)


def _cell_lines(path: Path) -> set[str]:
    return _counting(line for cell in read_json(path)["cells"] for line in source_of(cell).splitlines())


def _counting(lines: Any) -> set[str]:
    """The lines that count: long enough, and neither an import nor one of nbgrader's marks, which say nothing."""
    stripped = {line.strip() for line in lines}
    return {line for line in stripped if len(line) >= SHORTEST and not IMPORT.match(line) and not MARKER.match(line)}


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every content in `folder` that can be had: files, members of archives, objects of git repositories."""
    for path in sorted(folder.rglob("*")):
        where = path.relative_to(folder).as_posix()
        if path.name == ".git" and path.is_dir():
            yield from _packed(path, where)
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        yield where, content
        if LOOSE_OBJECT.search(where):
            yield where, _loose(where, content)
        yield from _unpacked(where, content)


def _unpacked(where: str, content: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """What archives hold, and archives in them. Raises `GraderError` for one that cannot be looked into as a whole."""
    try:
        for name, inner in _members(content):
            if len(inner) > MOST_BYTES or depth == DEEPEST:
                raise ValueError(f"more than {MOST_BYTES:,} bytes, or than {DEEPEST} archives in each other")
            yield where + name, inner
            yield from _unpacked(where + name, inner, depth + 1)
    except (*BROKEN, ValueError) as error:
        raise _closed(where, error) from error


def _loose(where: str, content: bytes) -> bytes:
    """What an object of git holds that is a file of its own. Raises `GraderError` for one that is none."""
    try:
        reader = zlib.decompressobj()
        unpacked = reader.decompress(content, MOST_BYTES)
        if not reader.eof:
            raise ValueError(f"more than {MOST_BYTES:,} bytes, or cut off")
    except (*BROKEN, ValueError) as error:
        raise _closed(where, error) from error
    return unpacked.partition(b"\0")[2]


def _closed(where: str, error: Exception) -> GraderError:
    return GraderError(f"{where} cannot be looked into: {error}. Look into it yourself, and leave it out.")


def _members(content: bytes) -> Iterator[tuple[str, bytes]]:
    if content.startswith(b"\x1f\x8b"):
        with gzip.open(io.BytesIO(content)) as file:
            yield "", file.read(MOST_BYTES + 1)
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                if not member.is_dir():
                    with archive.open(member) as file:
                        yield f"/{member.filename}", file.read(MOST_BYTES + 1)


def _packed(repository: Path, where: str) -> Iterator[tuple[str, bytes]]:
    """Every object of a git repository that lies in a pack. Raises `GraderError` if git is needed and missing."""
    if not any(repository.glob("objects/pack/*.pack")):
        return
    command = ["git", "--git-dir", str(repository), "cat-file", "--batch-all-objects", "--batch"]
    try:
        stream = io.BytesIO(subprocess.run(command, check=True, capture_output=True).stdout)
    except (OSError, subprocess.CalledProcessError) as error:
        raise GraderError(f"the history in {repository} cannot be looked into ({error}). Install git.") from error
    while header := stream.readline().split():
        if header[1] == b"missing":  # garbage where an object should be, which is told as a file of its own
            continue
        content = stream.read(int(header[2]))
        stream.readline()
        yield f"{where} object {header[0].decode()[:12]}", content
