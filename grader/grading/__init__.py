"""The engine that grades: from what students handed in to marks in nbgrader's gradebook.

`batch` -> `worker_pool` -> `worker` -> `grade_submission`. Student code runs in `grader.sandbox`, tests in the checker
isolated as student code is (`sealed`); whoever holds the gradebook reads neither.
"""
