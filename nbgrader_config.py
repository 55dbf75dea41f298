"""nbgrader's configuration of this course: for `mlsd`, for nbgrader's own commands and for JupyterLab's buttons.

The exchange lies inside the course, so that on one machine assignment list, submit, collect and feedback work without
an administrator. On a shared JupyterHub `MLSD_EXCHANGE` names the one of all users (deploy/jupyterhub).
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 (given by traitlets)
root = Path(__file__).resolve().parent
classroom = root / "classroom"
# SQLite makes the gradebook but not its folder, and formgrader opens it when JupyterLab starts.
classroom.mkdir(exist_ok=True)

c.CourseDirectory.root = str(root)
c.CourseDirectory.course_id = "mlsd"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "classroom/submitted"
c.CourseDirectory.autograded_directory = "classroom/autograded"
c.CourseDirectory.feedback_directory = "classroom/feedback"
c.CourseDirectory.solution_directory = "classroom/solution"
c.CourseDirectory.source_with_tests_directory = "classroom/source_with_tests"
c.CourseDirectory.db_url = f"sqlite:///{classroom / 'gradebook.db'}"

# Seconds a cell of a submission may take, more than a suite gives itself; `mlsd grade --timeout` overrides it.
c.Execute.timeout = 150

if sys.platform != "win32":
    c.Exchange.root = os.environ.get("MLSD_EXCHANGE") or str(classroom / "exchange")
    c.Exchange.cache = str(classroom / "exchange_cache")
    # JupyterLab's "fetch" writes here, never into exercises/. `mlsd release` makes the folder: JupyterLab demands it.
    if (classroom / "fetched").is_dir():
        c.Exchange.assignment_dir = str(classroom / "fetched")
