"""What a student is about to hand in: checked as collecting checks it, said in words, kept as a copy with a receipt.

Nothing is executed and nothing is sent.
"""

import hashlib
import json
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from grader.grading.intake.limits import FILE_BYTES, MB, NOTEBOOK_BYTES, SMALL_NOTEBOOK_BYTES
from grader.grading.intake.notebook_parser import Cell, bare, read
from grader.released import Released, released, unpacked
from grader.workflow.wrong_exercise import mistaken
from mlsd.students.files import StudentError, exercise_notebook, new_folder, stamp, write_whole

FOLDER = "submitted"
BROKEN = ("damaged", "cells")
"""The faults of a file of which a part can be read, and a part cannot."""


@dataclass(frozen=True)
class Found:
    """The cells of a notebook compared with those of its release, by name.

    `changed`, `untouched`, `missing`: answers. `twice`: any cell whose name two cells have. `locked`: cells of the
    course with another text than released; grading takes the released one.
    """

    changed: list[str]
    untouched: list[str]
    missing: list[str]
    twice: list[str]
    locked: list[str]


def submit(root: Path, name: str, now: datetime, anyway: bool = False, fresh: Path | None = None) -> str:
    """What is handed in and where its copy and receipt lie, in words. `fresh`: an edition that has the release.

    Raises `StudentError` for what collecting would not take, and, unless `anyway`, for missing or unchanged answers.
    """
    version = unpacked(fresh) if fresh else released(root)
    path = root / exercise_notebook(root, name, version)
    content = path.read_bytes()
    cells, notes = _readable(path, content)
    if other := mistaken(name, [content], _released_cells(root, version)):
        raise StudentError(f"{path}: {other}. The right notebook comes back by: mlsd reset {name}")
    found = compared(cells, _cells_of(version, name))
    if (refusal := _incomplete(found, name, version)) and not anyway:
        again = f" --from {shlex.quote(str(fresh))}" if fresh else ""
        raise StudentError(f"{refusal} To keep a copy of it all the same: mlsd submit {name} --anyway{again}")
    lines = [*_receipt(root, path, content, found, now)]
    folder = _kept(root / FOLDER / name, path.name, content, lines, now)
    where = f"Nothing was sent. Hand in this copy: {(folder / path.name).relative_to(root).as_posix()}"
    return "\n".join([*lines, *notes, *_remarks(found), where])


def compared(cells: list[Cell], original: list[Cell]) -> Found:
    """The `cells` of a notebook compared with those of its release. Of two with one name the first answered counts."""
    texts: dict[str, list[str]] = {}
    for cell in cells:
        texts.setdefault(_name(cell), []).append(bare(cell.text))
    there = [cell for cell in original if _name(cell) in texts]
    worked_in = {_name(cell) for cell in there if {*texts[_name(cell)]} != {bare(cell.text)}}
    answers = {_name(cell): cell for cell in original if cell.entry.get("solution")}
    return Found(
        changed=[name for name in answers if name in worked_in],
        untouched=[name for name in answers if name in texts and name not in worked_in],
        missing=[name for name in answers if name not in texts],
        twice=[_name(cell) for cell in there if len(texts[_name(cell)]) > 1],
        locked=[_name(cell) for cell in there if _name(cell) in worked_in and _name(cell) not in answers],
    )


def _name(cell: Cell) -> str:
    return cell.grade_id or cell.cell_id


def _readable(path: Path, content: bytes) -> tuple[list[Cell], list[str]]:
    """The cells of a notebook, and what should be known of its file; raises `StudentError` where it is not whole."""
    if len(content) > NOTEBOOK_BYTES:
        raise StudentError(
            f"{path} has {len(content) / MB:,.0f} MB; at most {NOTEBOOK_BYTES / MB:.0f} are taken. "
            "Clear its outputs in JupyterLab (Edit, Clear Outputs of All Cells) and save it."
        )
    handed = read(content)
    broken = [text for kind, text in handed.faults if kind in BROKEN]
    if handed.cells is None or broken:
        faults = "; ".join(broken or [text for _, text in handed.faults])
        raise StudentError(f"{path}: {faults}. Open it in JupyterLab, look whether all is there, and save it again.")
    if (size := sum(len(cell.text) + len(json.dumps(cell.pictures)) for cell in handed.cells)) > FILE_BYTES:
        raise StudentError(
            f"{path} has {size / MB:,.0f} MB without its outputs; at most {FILE_BYTES / MB:.0f} are taken. "
            "Take large texts and pictures out of its cells."
        )
    notes = [f"Note: {text}; it is taken all the same." for _, text in handed.faults]
    if len(content) > SMALL_NOTEBOOK_BYTES:
        notes.append(f"Note: the file has {len(content) / MB:.1f} MB; outputs are left out when it is collected.")
    return handed.cells, notes


def _cells_of(version: Released, name: str) -> list[Cell]:
    """The cells of an exercise as it was released; raises `StudentError` where it was not."""
    content = version.read(f"exercises/{name}/{name}.ipynb")
    if content is None:
        raise StudentError(
            f"{version.origin} has no exercise {name}. Get a fresh copy of the course and name it: --from FOLDER"
        )
    return read(content).cells or []


def _released_cells(root: Path, version: Released) -> dict[str, set[str]]:
    """The names of nbgrader's cells in every exercise that this copy holds and that was released."""
    names = [path.parent.name for path in (root / "exercises").glob("*/*.ipynb")]
    there = [name for name in names if version.read(f"exercises/{name}/{name}.ipynb") is not None]
    return {name: {cell.grade_id for cell in _cells_of(version, name)} - {""} for name in there}


def _incomplete(found: Found, name: str, version: Released) -> str:
    """Why a notebook that can be collected should not be handed in yet; empty if it may."""
    if found.missing:
        return (
            f"Answer cells are missing: {', '.join(found.missing)}. Their tests may give no points. Undo that, or "
            f"put the notebook back (mlsd reset {name} keeps a backup) and copy your text into it."
        )
    if not found.changed:
        return f"Nothing is answered: every answer cell is as in {version.origin}. Save the notebook first."
    return ""


def _receipt(root: Path, path: Path, content: bytes, found: Found, now: datetime) -> Iterator[str]:
    yield f"exercise: {path.stem}"
    yield f"time: {now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    yield f"sha256 of {path.name}: {hashlib.sha256(content).hexdigest()}"
    yield f"answers changed: {', '.join(found.changed) or 'none'}"
    yield f"answers as released: {', '.join(found.untouched) or 'none'}"
    yield f"answers missing: {', '.join(found.missing) or 'none'}"
    yield f"points of your own last runs: {_points(root, path)}"
    yield "This receipt is for you: anybody can write one, so it proves nothing of what was handed in, or when."


def _points(root: Path, path: Path) -> str:
    """The reader's own points for the exercise at `path`, when they were measured and when the notebook was saved."""
    from mlsd_lib.lesson.places import place_of, read_record
    from notebook_runner import read_notebook

    place = place_of(read_notebook(root, path), read_record())
    if not place.seen_s:
        return "none; run the test cells to see what they say"
    run, saved = (
        f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC" for at in (place.seen_s, path.stat().st_mtime)
    )
    return f"{place.done:g} of {place.whole:g}, at {run}; the notebook was saved at {saved}"


def _remarks(found: Found) -> Iterator[str]:
    if found.locked:
        yield f"Note: cells of the course were changed; the released text is graded: {', '.join(found.locked)}"
    if found.twice:
        yield f"Note: two cells have one name, and the first with an answer is graded: {', '.join(found.twice)}"


def _kept(place: Path, name: str, content: bytes, lines: list[str], now: datetime) -> Path:
    """The new folder below `place` that now holds the notebook and its receipt, both or none."""
    folder = new_folder(place, stamp(now.astimezone(UTC)))
    try:
        write_whole(folder / name, content)
        write_whole(folder / "receipt.txt", "".join(f"{line}\n" for line in lines).encode())
    except StudentError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder
