"""Misspelt words in what readers are shown, found by codespell, which stands in the environment of the pages."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from notebook_runner.course import find_notebooks, read_json
from notebook_runner.errors import CourseError

TEXTS = ("*.md", "mlsd/site/*.md", "chapters/**/*.toml", "grader/suites/*/exercise.toml")
"""Files that are read as they stand; of notebooks each cell is."""
MEANT = ("amonut",)
"""Words that the course misspells on purpose: a client's name of a field."""
FOUND = 65
"""What codespell ends with where it found something."""


def misspelt(root: Path, python: Path) -> list[str]:
    """A line for each misspelt word of the course at `root`: file (and cell), line, the word and what it should be.

    `python` is that of the pages' environment. Raises `CourseError` where codespell is missing from it or fails.
    """
    with tempfile.TemporaryDirectory(prefix="mlsd-spelling-") as scratch:
        for name, text in texts(root):
            place = Path(scratch, name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        command = [str(python), "-m", "codespell_lib", f"--ignore-words-list={','.join(MEANT)}", "."]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True)
    if done.returncode not in (0, FOUND):
        raise CourseError(
            f"codespell did not run: {done.stderr.strip()[-500:]}\nThe environment .venv-site may be older than this "
            "course: `make site` renews it (without make: python bootstrap.py --site)."
        )
    return sorted(line.removeprefix("./") for line in done.stdout.splitlines() if " ==> " in line)


def texts(root: Path) -> Iterator[tuple[str, str]]:
    """What readers of the course at `root` are shown: each cell of each notebook, and files, with their places."""
    for notebook in find_notebooks(root):
        for cell in read_json(notebook.path)["cells"]:
            yield f"{notebook.name}/{cell['id']}", "".join(cell["source"])
    for path in (path for pattern in TEXTS for path in root.glob(pattern)):
        yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
