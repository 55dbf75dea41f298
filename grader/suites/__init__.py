"""The tests of the exercises as students have them: criteria and public cases.

What only the grader may know lies in `grader.hidden`; a suite takes it through `hidden` below, and no other way.
"""

import importlib
import sys
from types import ModuleType

from grader.suite_kit.answer import nothing_forbidden


def hidden(exercise: str) -> ModuleType | None:
    """The hidden part of `exercise`, or None in a student edition and wherever no secret is present.

    The module is not left in `sys.modules`: an import of it from an answer meets the exercise's import guard.
    """
    from grader.secret import derive

    if derive(exercise, "present") is None:
        return None
    with nothing_forbidden():
        try:
            return importlib.import_module(f"grader.hidden.{exercise}")
        except ModuleNotFoundError:
            return None
        finally:
            for name in [name for name in sys.modules if name.split(".")[:2] == ["grader", "hidden"]]:
                del sys.modules[name]
            sys.modules["grader"].__dict__.pop("hidden", None)
