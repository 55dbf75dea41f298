"""Debugging a model that runs and is wrong: cheap checks, planted bugs to try them on, and a run watched as it goes.

`examine` is for a reader's own model. Nothing here may train a model that the course later serves.
"""

from lessons.debugging.examine import examine
from lessons.debugging.findings import Examination, Finding, Split
from lessons.debugging.watch import Watch

__all__ = ["Examination", "Finding", "Split", "Watch", "examine"]
