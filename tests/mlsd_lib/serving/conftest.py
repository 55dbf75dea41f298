import sys
from pathlib import Path

import pytest

from mlsd_lib.serving import ServerProcess

DEMO = [sys.executable, str(Path(__file__).with_name("demo_service.py")), "{port}"]


@pytest.fixture(scope="session")
def service():
    """The demo service, in its own process, shared by tests that leave it as it was."""
    with ServerProcess(DEMO) as server:
        yield server
