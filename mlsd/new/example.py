"""What the commands of `mlsd new` share: names, and a copy of an example that is whole or not there.

The examples stand in `examples/KIND`, each file at its place below the course and with `.txt` at its end. Words in
capitals stand for what the author names: NAME, TITLE and, of a lesson, where it lies.
"""

import keyword
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from notebook_runner.errors import CourseError

EXAMPLES = Path(__file__).with_name("examples")
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST_NAME, LONGEST_TITLE = 40, 80
IMPORTS = re.compile(r"(?:^[ \"]*from .*\n)+", re.MULTILINE)
"""Lines of a module, or of a cell as a notebook holds it."""


class ExampleError(CourseError):
    """An example that cannot be written; the message names the value, the rule and the fix."""


def check_name(what: str, name: str) -> None:
    """Raises `ExampleError` unless modules can lie in a folder of that name; `what` has it, such as "a case"."""
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise ExampleError(
            f"The name of {what} is {name!r}; it must begin with a letter and have at most {LONGEST_NAME} small "
            "letters (a to z), digits and single underscores. Choose another name."
        )
    if keyword.iskeyword(name):
        raise ExampleError(
            f"The name of {what} is {name!r}, a keyword of Python: no import of it works. Choose another."
        )


def check_title(title: str) -> None:
    """Raises `ExampleError` unless the title can stand in code and in one line of a notebook."""
    if not title.strip() or len(title) > LONGEST_TITLE or any(sign in title for sign in '"\\\n'):
        raise ExampleError(
            f"The title is {title!r}; it must be one line of at most {LONGEST_TITLE} characters without double quotes "
            "and backslashes. Choose another title."
        )


def copy_example(root: Path, kind: str, leave: str = "", **words: str) -> list[str]:
    """Writes the example of a `kind` below `root`, without what lies in the folder `leave`; the paths of its files.

    `words`: what stands for each word in capitals. Raises `ExampleError` where not all of it can be written.
    """
    stands_for = re.compile(rf"\b({'|'.join(words)})\b")
    texts = {}
    for source in sorted((EXAMPLES / kind).rglob("*.txt")):
        place = source.relative_to(EXAMPLES / kind).as_posix().removesuffix(".txt")
        name, text = (stands_for.sub(lambda word: words[word[1]], part) for part in (place, source.read_text("utf-8")))
        if not leave or not name.startswith(f"{leave}/"):
            # In their order whatever the name is: the example cannot know it.
            texts[name] = IMPORTS.sub(lambda block: "".join(sorted(block[0].splitlines(keepends=True))), text)
    return write(root, texts)


def write(root: Path, texts: Mapping[str, str]) -> list[str]:
    """Writes all `texts`, by their paths below `root`, or none of them; the paths. Raises `ExampleError`."""
    if not (root / "tests").is_dir() or not (root / "solutions").is_dir():
        raise ExampleError(
            f"{root} is a student edition: it has no tests and no solutions. Work in the full repository."
        )
    for name in texts:
        if (root / name).exists():
            raise ExampleError(f"{name} exists already and was left as it is. Choose another name, or remove it first.")
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
            raise ExampleError(f"{error}. Nothing of the example was left; remove the cause, and try again.") from error
        raise
    return list(texts)


def _remove(made: list[Path]) -> None:
    for path in reversed(made):
        with suppress(OSError):  # not made yet, or somebody else's file lies in that folder
            path.rmdir() if path.is_dir() else path.unlink()
