"""What is taken of what was handed in, in one place for collecting and for grading.

A notebook is measured without the outputs that its front end kept, which nobody grades.
"""

MB = 1_000_000
FILE_BYTES = 30 * MB  # a file
SUBMISSION_BYTES = 48 * MB  # all files of one student
SUBMISSION_FILES = 1_000
SUBMISSION_DEPTH = 8  # folders in folders
SMALL_NOTEBOOK_BYTES = MB  # a notebook up to this is taken as it is
NOTEBOOK_BYTES = 300 * MB  # a notebook with its outputs, which pass by in pieces and are never held
NOTEBOOK_VALUES = 2_000_000  # strings, lists, objects and numbers of a notebook without its outputs
NOTEBOOK_BRACKETS = 2_000_000  # that are looked at one by one, which takes some seconds; most of an output's are not
