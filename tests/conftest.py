"""What every test needs: the course's root on the path, no reader's record touched, no limit on an example's time."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # for bootstrap.py, which belongs to no package
# Hypothesis fails an example that takes .2 s, or inputs that are slow to make: on a busy machine any may.
settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")


@pytest.fixture(autouse=True, scope="session")
def no_readers_record_is_touched(tmp_path_factory):
    """Predictions and checks made by tests go to a folder of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLSD_HOME", str(tmp_path_factory.mktemp("record")))
        yield
