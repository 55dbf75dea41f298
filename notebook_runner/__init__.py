"""The notebooks as data: course map, canonical form, execution under budgets, what a notebook depends on.

Importing this room pulls in no notebook library, so that `course_root` stays cheap; papermill is imported only in the
process that runs a notebook. No lesson's subject may enter here, and no plotting.
"""

from notebook_runner.canonical import canonical, problems
from notebook_runner.course import (
    Budget,
    Notebook,
    NotebookError,
    course_root,
    find_notebooks,
    read_notebook,
    reading_order,
)
from notebook_runner.tools import has_tool, run_tool, tool, tool_python

__all__ = [
    "Budget",
    "Notebook",
    "NotebookError",
    "canonical",
    "course_root",
    "find_notebooks",
    "has_tool",
    "problems",
    "read_notebook",
    "reading_order",
    "run_tool",
    "tool",
    "tool_python",
]
