"""A fitted model with what it needs to decide, as files that are read again only if they are the files written.

Thresholds, policies and column names stand in a JSON document next to the model, so that a person can read them.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlsd_lib.modeling.errors import ModelingError

MODEL, DOCUMENT = "model.joblib", "release.json"
NO_FIELDS: Mapping[str, Any] = {}


def save_artefact(folder: Path, model: Any, **document: Any) -> str:
    """Writes `model` and the plain values of `document` into `folder`; the model file's SHA-256."""
    import joblib

    joblib.dump(model, folder / MODEL)
    checksum = hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()
    text = json.dumps({"sha256": checksum, "document_sha256": _digest(document), **document}, indent=1)
    (folder / DOCUMENT).write_text(text, encoding="utf-8")
    return checksum


def read_document(path: Path, fields: Mapping[str, Any] = NO_FIELDS) -> dict[str, Any]:
    """The JSON object in a file that the system wrote, see `as_document`."""
    return as_document(path, path.read_bytes(), fields)


def as_document(path: Path, text: bytes | str, fields: Mapping[str, Any] = NO_FIELDS) -> dict[str, Any]:
    """The JSON object in a text from the file `path`, with these `fields` of these types; raises `ModelingError` for
    anything else."""
    why = "it is no JSON object"
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        document, why = None, str(error)
    if isinstance(document, dict):
        wrong = [name for name, kind in fields.items() if not isinstance(document.get(name, ...), kind)]
        if not wrong:
            return document
        why = f"{wrong[0]} is {document[wrong[0]]!r:.80}" if wrong[0] in document else f"it has no {wrong[0]}"
    raise ModelingError(f"{path} is not as it was written: {why}. Take the file from a backup, or train again.")


def read_artefact(folder: Path) -> tuple[Any, dict[str, Any]]:
    """The model in `folder` and its document.

    A joblib file runs code when it is read, so one whose checksum is not the recorded one is refused; and a threshold
    that was changed decides otherwise than what was tested. Raises `ModelingError` for both, and for a missing file.
    """
    import joblib

    for name in (MODEL, DOCUMENT):
        if not (folder / name).exists():
            raise ModelingError(f"{folder / name} does not exist. Train first, or name the folder of a release.")
    document = read_document(folder / DOCUMENT, {"sha256": str, "document_sha256": str})
    written = document.pop("document_sha256")
    recorded, found = document.pop("sha256"), hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()
    if found != recorded:
        raise ModelingError(
            f"{folder / MODEL} has the checksum {found[:12]}, recorded was {recorded[:12]}: it is not the file that "
            "training wrote, and reading it would run its code. Train again, or take the file from a backup."
        )
    if _digest(document) != written:
        raise ModelingError(
            f"{folder / DOCUMENT} is not as it was written: its values were changed. Take the file from a backup, or "
            "train again."
        )
    return joblib.load(folder / MODEL), document


def _digest(document: Mapping[str, Any]) -> str:
    """The SHA-256 of plain values as JSON holds them, whatever their order."""
    held = json.loads(json.dumps(document))
    return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()
