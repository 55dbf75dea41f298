"""Imported by the process from which answers are forked: what each needs is done once, as the grader does it.

It warms the suites that are loaded, with public cases, and loads what the first cell of a notebook loads late.
"""

import gc
import importlib
import os
import re
import sys

os.environ["MLSD_SECRET_FILE"] = os.devnull
for name, module in list(sys.modules.items()):
    if re.fullmatch(r"grader\.suites\.\w+", name):
        getattr(module, "warm", int)()
for late in ("IPython.display", "mlsd_lib.lesson.figures"):
    importlib.import_module(late)
gc.collect()
gc.freeze()
