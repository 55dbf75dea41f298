"""A fitted model with what it needs to decide, as files that are read again only if they are the files written.

Thresholds, policies and column names stand in a JSON document next to the model, so that a person can read them.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from mlsd_lib.modeling.errors import ModelingError

MODEL, DOCUMENT = "model.joblib", "release.json"


def save_artefact(folder: Path, model: Any, **document: Any) -> str:
    """Writes `model` and the plain values of `document` into `folder`; the model file's SHA-256."""
    import joblib

    joblib.dump(model, folder / MODEL)
    checksum = hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()
    text = json.dumps({"sha256": checksum, **document}, indent=1)
    (folder / DOCUMENT).write_text(text, encoding="utf-8")
    return checksum


def read_document(path: Path) -> dict[str, Any]:
    """The JSON object in a file that the system wrote; raises `ModelingError` for anything else."""
    return as_document(path, path.read_bytes())


def as_document(path: Path, text: bytes | str) -> dict[str, Any]:
    """The JSON object in a text from the file `path`; raises `ModelingError` for anything else."""
    try:
        document = json.loads(text)
    except ValueError as error:
        document, why = None, str(error)
    else:
        why = "it is something else"
    if not isinstance(document, dict):
        raise ModelingError(f"{path} holds no JSON object ({why}). Take the file from a backup, or train again.")
    return document


def read_artefact(folder: Path) -> tuple[Any, dict[str, Any]]:
    """The model in `folder` and its document.

    A joblib file runs code when it is read, so one whose checksum is not the recorded one is refused. Raises
    `ModelingError` for that, and where one of the two files is missing.
    """
    import joblib

    for name in (MODEL, DOCUMENT):
        if not (folder / name).exists():
            raise ModelingError(f"{folder / name} does not exist. Train first, or name the folder of a release.")
    document = read_document(folder / DOCUMENT)
    recorded, found = document.pop("sha256", ""), hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()
    if found != recorded:
        raise ModelingError(
            f"{folder / MODEL} has the checksum {found[:12]}, recorded was {recorded[:12]}: it is not the file that "
            "training wrote, and reading it would run its code. Train again, or take the file from a backup."
        )
    return joblib.load(folder / MODEL), document
