"""What the commands of `mlsd new` share: names, cells, and a writer that leaves a whole skeleton or nothing.

Nothing of one kind of skeleton may enter here.
"""

import keyword
import re
import textwrap
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from notebook_runner.canonical import UNWRITTEN
from notebook_runner.errors import CourseError

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST_NAME, LONGEST_TITLE = 40, 80


class SkeletonError(CourseError):
    """A skeleton that cannot be written; the message names the value, the rule and the fix."""


def check_name(what: str, name: str) -> None:
    """Raises `SkeletonError` unless modules can lie in a folder of that name; `what` has it, such as "a case"."""
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise SkeletonError(
            f"The name of {what} is {name!r}; it must begin with a letter and have at most {LONGEST_NAME} small "
            "letters (a to z), digits and single underscores. Choose another name."
        )
    if keyword.iskeyword(name):
        raise SkeletonError(
            f"The name of {what} is {name!r}, a keyword of Python: no import of it works. Choose another."
        )


def check_title(title: str) -> None:
    """Raises `SkeletonError` unless the title can stand in code and in one line of a notebook."""
    if not title.strip() or len(title) > LONGEST_TITLE or any(sign in title for sign in '"\\\n'):
        raise SkeletonError(
            f"The title is {title!r}; it must be one line of at most {LONGEST_TITLE} characters without double quotes "
            "and backslashes. Choose another title."
        )


def write(root: Path, texts: Mapping[str, str]) -> list[str]:
    """Writes all `texts`, by their paths below `root`, or none of them; the paths. Raises `SkeletonError`."""
    if not (root / "tests").is_dir() or not (root / "solutions").is_dir():
        raise SkeletonError(
            f"{root} is a student edition: it has no tests and no solutions. Work in the full repository."
        )
    for name in texts:
        if (root / name).exists():
            raise SkeletonError(
                f"{name} exists already and was left as it is. Choose another name, or remove it first."
            )
    made: list[Path] = []
    try:
        for name, text in texts.items():
            path = root / name
            folders = [folder for folder in reversed(path.parents) if not folder.exists()]
            made += [*folders, path]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except BaseException as error:
        _remove(made)
        if isinstance(error, OSError):
            raise SkeletonError(
                f"{error}. Nothing of the skeleton was left; remove the cause, and try again."
            ) from error
        raise
    return list(texts)


def _remove(made: list[Path]) -> None:
    for path in reversed(made):
        with suppress(OSError):  # not made yet, or somebody else's file lies in that folder
            path.rmdir() if path.is_dir() else path.unlink()


def cell(kind: str, name: str, source: str, **metadata: Any) -> dict[str, Any]:
    """A cell of a notebook as plain data; `kind` is "code" or "markdown", `name` its id."""
    made = {"cell_type": kind, "id": name, "metadata": metadata, "source": source}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def unwritten(kind: str, name: str, what: str, heading: str = "", tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """A cell that says what its author is to write there; one of code raises until then."""
    text = f"{UNWRITTEN} {what}"
    if kind == "code":
        source = "\n".join(
            [*textwrap.wrap(f"# {text}", 118, subsequent_indent="# "), f'raise NotImplementedError("{name}")']
        )
    else:
        source = "\n\n".join(filter(None, [heading, text]))
    return cell(kind, name, source, **({"tags": list(tags)} if tags else {}))
