"""Release, collect, grade, feed back and export: the course's grader on top of nbgrader.

`suites/` holds what students see of the tests, `hidden/` what only the grader knows.
"""
