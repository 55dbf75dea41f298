"""Each notebook's page as a PDF, to read and mark without a screen: Chromium prints it with the pages' print style."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from notebook_runner.errors import CourseError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FOLDER = "pdf"


def printer() -> str:
    """The Chromium on PATH. Raises `CourseError` where there is none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise CourseError("--pdf needs Chromium, which prints the pages: install it (see README), or leave --pdf out.")
    return program


def print_pages(program: str, folder: Path, names: list[str]) -> None:
    """Print the pages of the notebooks `names` below `folder` into its folder `pdf`, by `program`, a Chromium.

    Raises `CourseError` where it prints nothing.
    """
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="mlsd-pdf-") as profile:
        options = ["--headless", "--disable-gpu", f"--user-data-dir={profile}", "--no-pdf-header-footer", *as_root]
        for name in names:
            page, printed = (folder / name).with_suffix(".html"), (folder / FOLDER / name).with_suffix(".pdf")
            printed.parent.mkdir(parents=True, exist_ok=True)
            command = [program, *options, f"--print-to-pdf={printed}", page.as_uri()]
            done = subprocess.run(command, capture_output=True, text=True)
            if not printed.is_file():
                raise CourseError(f"Chromium printed nothing of {page}: {done.stderr.strip()[-500:]}")
