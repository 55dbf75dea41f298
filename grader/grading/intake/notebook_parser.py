"""A submitted file as a list of cells, whatever its encoding, format or damage. Nothing is trusted or executed."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

BOMS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
KINDS = ("code", "markdown", "raw")
CELLS = 20_000
LONGEST_NUMBER = 300
PICTURES = ("image/png", "image/jpeg", "image/gif")


@dataclass
class Cell:
    """One cell as it was handed in: `kind` is code, markdown or raw; ids are empty where there are none."""

    kind: str
    text: str
    grade_id: str = ""
    cell_id: str = ""
    entry: dict[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    pictures: dict[str, Any] = field(default_factory=dict)


@dataclass
class Handed:
    """What could be read: cells, the kernel's language, and one sentence a fault, by kind. `None` cells: nothing."""

    cells: list[Cell] | None
    language: str = ""
    faults: list[tuple[str, str]] = field(default_factory=list)


def read(content: bytes | None) -> Handed:
    """The notebook in `content`; never raises for what a student may hand in."""
    if content is None:
        return Handed(None, faults=[("missing", "this notebook was not handed in")])
    if not content.strip(b" \t\r\n\0"):
        return Handed(None, faults=[("unreadable", f"the file is empty ({len(content)} bytes)")])
    text, encoding = decoded(content)
    handed = Handed(None)
    if encoding:
        handed.faults.append(("encoding", f"the file is in {encoding}, not in UTF-8"))
    try:
        notebook = json.loads(text, strict=False, parse_int=_integer)
    except (ValueError, RecursionError):
        _salvage(text, handed)
        return handed
    _take(notebook, handed)
    return handed


def decoded(content: bytes) -> tuple[str, str]:
    """The text, and the name of its encoding if that is not UTF-8. Every sequence of bytes has some text."""
    for mark, encoding in BOMS:
        if content.startswith(mark):
            return content.decode(encoding, "replace"), "" if encoding == "utf-8-sig" else encoding
    start = content[:4]
    for pattern, encoding in ((b"{\0", "utf-16-le"), (b"\0{", "utf-16-be")):
        if start.startswith(pattern):
            return content.decode(encoding, "replace"), encoding
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding), "" if encoding == "utf-8" else encoding
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1"), "latin-1"


def _integer(digits: str) -> int:
    return int(digits) if len(digits) <= LONGEST_NUMBER else 0


def _salvage(text: str, handed: Handed) -> None:
    """Take the cells that stand whole before the first fault of a file that is no JSON."""
    start = re.search(r'"cells"\s*:\s*\[', text)
    cells = list(_whole_cells(text, start.end())) if start else []
    if not cells:
        handed.faults.append(("unreadable", "the file is not a notebook (it is not JSON)"))
        return
    handed.cells = cells
    handed.faults.append(("damaged", f"the file is damaged; the {len(cells)} cells before the damage were read"))


def _whole_cells(text: str, position: int) -> Iterator[Cell]:
    decoder = json.JSONDecoder(strict=False, parse_int=_integer)
    try:
        while True:
            position = re.compile(r"[\s,]*").match(text, position).end()  # type: ignore[union-attr]
            raw, position = decoder.raw_decode(text, position)
            cell = _cell(raw)
            if cell:
                yield cell
    except (ValueError, RecursionError):
        return


def _take(notebook: Any, handed: Handed) -> None:
    raw = _raw_cells(notebook)
    if raw is None:
        handed.faults.append(("unreadable", "the file is not a notebook (it has no list of cells)"))
        return
    if isinstance(notebook.get("worksheets"), list):
        handed.faults.append(("format", "the file is in an old format (nbformat 3); its cells were converted"))
    if len(raw) > CELLS:
        handed.faults.append(("cells", f"it has {len(raw)} cells; those after the first {CELLS} were left out"))
    cells = [_cell(entry) for entry in raw[:CELLS]]
    unfit = sum(cell is None for cell in cells)
    if unfit and unfit == len(cells):
        handed.faults.append(("unreadable", "the file is not a notebook (no cell in it is one)"))
        return
    if unfit:
        handed.faults.append(("damaged", f"{unfit} of {len(cells)} cells are not cells of a notebook; left out"))
    handed.cells = [cell for cell in cells if cell is not None]
    handed.language = _language(notebook.get("metadata"))


def _raw_cells(notebook: Any) -> list[Any] | None:
    if not isinstance(notebook, dict):
        return None
    if isinstance(notebook.get("cells"), list):
        cells: list[Any] = notebook["cells"]
        return cells
    if isinstance(notebook.get("worksheets"), list):
        sheets = [
            worksheet["cells"]
            for worksheet in notebook["worksheets"]
            if isinstance(worksheet, dict) and _is_list(worksheet, "cells")
        ]
        return [_converted(cell) for sheet in sheets for cell in sheet]
    return None


def _is_list(mapping: dict[str, Any], key: str) -> bool:
    return isinstance(mapping.get(key), list)


def _converted(cell: Any) -> Any:
    """A cell of nbformat 2 or 3 as one of nbformat 4."""
    if not isinstance(cell, dict):
        return cell
    kind, source = cell.get("cell_type"), cell.get("source", cell.get("input", ""))
    if kind == "heading":
        level = cell["level"] if isinstance(cell.get("level"), int) else 1
        return cell | {"cell_type": "markdown", "source": "#" * min(max(level, 1), 6) + " " + (_joined(source) or "")}
    return cell | {"source": source, "cell_type": "raw" if kind in ("html", "text") else kind}


def _cell(raw: Any) -> Cell | None:
    if not isinstance(raw, dict) or raw.get("cell_type") not in KINDS:
        return None
    text = _joined(raw.get("source", ""))
    if text is None:
        return None
    metadata = raw["metadata"] if isinstance(raw.get("metadata"), dict) else {}
    entry = metadata["nbgrader"] if isinstance(metadata.get("nbgrader"), dict) else {}
    tags = metadata["tags"] if isinstance(metadata.get("tags"), list) else []
    identity = next(
        (identifier for identifier in (raw.get("id"), metadata.get("id")) if isinstance(identifier, str)), ""
    )
    return Cell(
        raw["cell_type"],
        plain(text),
        grade_id=plain(entry["grade_id"]) if isinstance(entry.get("grade_id"), str) else "",
        cell_id=plain(identity),
        entry=entry,
        tags=tuple(tag for tag in tags if isinstance(tag, str)),
        pictures=_pictures(raw.get("attachments")),
    )


def _joined(source: Any) -> str | None:
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    return source if isinstance(source, str) else None


def plain(text: str) -> str:
    """The text with plain line breaks and without halves of characters, which no file or database would take."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def bare(text: str) -> str:
    """The text without white space at the ends of its lines and its own: what two texts must share to be the same."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _pictures(attachments: Any) -> dict[str, Any]:
    if not isinstance(attachments, dict):
        return {}
    kept = {
        name: {kind: data for kind, data in bundle.items() if kind in PICTURES and isinstance(data, str)}
        for name, bundle in attachments.items()
        if isinstance(bundle, dict)
    }
    return {plain(name): bundle for name, bundle in kept.items() if bundle}


def _language(metadata: Any) -> str:
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = kernel.get("language") if isinstance(kernel, dict) else None
    return language if isinstance(language, str) else ""
