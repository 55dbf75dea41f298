"""What every test needs: the course's root on the path, and no reader's record touched."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # for bootstrap.py, which belongs to no package


@pytest.fixture(autouse=True, scope="session")
def no_readers_record_is_touched(tmp_path_factory):
    """Predictions and checks made by tests go to a folder of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLSD_HOME", str(tmp_path_factory.mktemp("record")))
        yield
