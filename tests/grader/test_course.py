"""A course is opened without what nbgrader rarely needs, and that is there when it is needed."""

import subprocess
import sys
import zipfile

SCRIPT = """
import sys
from pathlib import Path
from grader.course import Course

Course.open(Path(sys.argv[1]))
import nbgrader.utils

loaded = {"setuptools", "nbgrader.server_extensions.formgrader", "rfc3987_syntax"} & set(sys.modules)
assert not loaded, loaded
nbgrader.utils.unzip(sys.argv[2], sys.argv[3])
assert "setuptools" in sys.modules
"""


def test_what_nbgrader_rarely_needs_is_loaded_when_it_is_called(released_once, tmp_path):
    with zipfile.ZipFile(tmp_path / "handed_in.zip", "w") as archive:
        archive.writestr("ps1.ipynb", "{}")
    (tmp_path / "out").mkdir()
    given = [released_once.root, tmp_path / "handed_in.zip", tmp_path / "out"]
    subprocess.run([sys.executable, "-c", SCRIPT, *map(str, given)], check=True, timeout=60)
    assert (tmp_path / "out" / "ps1.ipynb").read_text() == "{}"
