"""What happens to a model after its release: drift, monitors, experiments, bandits, a service's figures and alerts.

Nothing here reads the wall clock or knows a case study: time comes as a number, tables come with named columns.
"""

from mlsd_lib.operations.errors import OperationsError

__all__ = ["OperationsError"]
