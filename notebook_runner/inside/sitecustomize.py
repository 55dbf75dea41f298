"""Python imports a module of this name at start-up; this one starts the trace and then loads the one that it hides."""

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec


def _load_the_next():
    here = os.path.dirname(os.path.abspath(__file__))
    elsewhere = [folder for folder in sys.path if os.path.abspath(folder or ".") != here]
    spec = PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is None or spec.loader is None:
        return
    try:
        spec.loader.exec_module(module_from_spec(spec))
    except ModuleNotFoundError as error:
        if error.name != "sitecustomize":  # one that itself looks for a next and finds none
            raise


if __name__ == "sitecustomize":
    import mlsd_trace

    mlsd_trace.start()
    _load_the_next()
