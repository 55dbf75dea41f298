"""What forks of a preload server are told to do in tests; imported there, not here."""

import json
import os
import sys
import time


def tell(setting, files):
    """Write down what the fork finds, into the second of its files."""
    told = {
        "setting": setting,
        "environment": dict(os.environ),
        "modules": sorted(sys.modules),
        "open": sorted(int(name) for name in os.listdir("/proc/self/fd")),
        "files": files,
        "processes": os.getppid(),
    }
    with open(files[1], "w") as file:
        json.dump(told, file)
    os._exit(0)


def sleep(setting, files):
    """Live on."""
    time.sleep(600)


def fail(setting, files):
    """End by an error."""
    raise ValueError("no")
