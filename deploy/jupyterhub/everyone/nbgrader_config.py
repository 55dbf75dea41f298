"""nbgrader's configuration of everybody on the hub: one course, and the folder through which work is passed on."""

import os

c = get_config()  # noqa: F821 (given by traitlets)
c.CourseDirectory.course_id = "mlsd"
c.Exchange.root = os.environ["MLSD_EXCHANGE"]
