"""What a user keeps is kept elsewhere where the home folder cannot be written, and one line says where."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlsd import user_folders
from mlsd.user_folders import PLACES, moved, notice


@pytest.fixture
def missing(tmp_path):
    """A home folder that cannot be made, whoever runs this: a file stands in its way."""
    (tmp_path / "file").touch()
    return tmp_path / "file" / "home"


def test_nothing_is_moved_out_of_a_home_folder_that_can_be_written(tmp_path):
    assert moved({}, tmp_path, tmp_path / "course") == {}


def test_everything_goes_into_the_course_where_the_home_folder_cannot_be_written(missing, tmp_path):
    chosen = moved({}, missing, tmp_path)
    assert chosen.keys() == PLACES.keys()
    assert {Path(place).parent for place in chosen.values()} == {tmp_path / ".mlsd" / "home"}
    assert notice(chosen, missing).endswith(f"and caches are kept in {tmp_path / '.mlsd' / 'home'}")


def test_a_folder_that_the_user_named_stays(missing, tmp_path):
    assert "MLSD_HOME" not in moved({"MLSD_HOME": "/mine"}, missing, tmp_path)


def test_where_the_course_cannot_be_written_either_it_is_a_folder_that_may_not_last(missing, tmp_path, monkeypatch):
    monkeypatch.setattr(user_folders.tempfile, "mkdtemp", lambda prefix: str(tmp_path / prefix))
    chosen = moved({}, missing, missing)
    assert {Path(place).parent for place in chosen.values()} == {tmp_path / "mlsd-home-"}
    assert notice(chosen, missing).endswith("which may not last")


def test_a_user_without_a_home_folder_gets_another_place(tmp_path):
    assert moved({}, Path("~"), tmp_path).keys() == PLACES.keys()


def test_one_closed_folder_moves_alone(tmp_path):
    (tmp_path / ".ipython").touch()
    assert moved({}, tmp_path, tmp_path).keys() == {"IPYTHONDIR"}


@pytest.mark.skipif(os.name == "nt", reason="there another variable names the home folder")
def test_mlsd_says_so_in_one_line_and_works(missing, tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mlsd"\n')
    left = {name: value for name, value in os.environ.items() if name not in PLACES}
    command = [sys.executable, "-P", "-m", "mlsd.cli", "--help"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=left | {"HOME": str(missing)})
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.startswith(f"mlsd: {missing} cannot be written: your predictions")
    assert ended.stderr.endswith(f"kept in {tmp_path / '.mlsd' / 'home'}.\n")
    assert ended.stderr.count("\n") == 1
