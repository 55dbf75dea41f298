"""Limits that a busy machine does not meet. A test of what takes too long names a limit of its own."""

from grader.sandbox import Limits

# Of wall time: within it a cell of eleven thousand calls ends, or one that imports scikit-learn, on a machine with a
# load of twenty.
PATIENCE_S = 300.0
PATIENT = Limits(wall_s=PATIENCE_S, total_s=2 * PATIENCE_S)
