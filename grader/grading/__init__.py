"""The engine that grades: from what students handed in to marks in nbgrader's gradebook.

`batch` -> `worker_pool` -> `worker` -> `grade_submission`. Student code runs in `grader.sandbox`, tests of suites in an
isolated worker; the process that holds the gradebook parses nothing of a student's.
"""
