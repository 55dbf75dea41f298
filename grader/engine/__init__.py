"""The grading engine: rebuild a submission, run it sealed, check it from outside, record the verdict."""
