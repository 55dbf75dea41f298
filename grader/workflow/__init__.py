"""What an instructor does around grading: release, editions, collecting, feedback, export; nbgrader's own execution.

Each module does the work of one command; what a person types stands in `mlsd.instructors.grading`.
"""
