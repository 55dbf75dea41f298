"""What happens to a model after its release: drift, monitors and alerts, the registry that releases and takes back.

Nothing here reads the wall clock or knows a case study: time comes as a number, tables come with named columns.
"""

from mlsd_lib.operations.drift import category_psi, ks_statistic, null_share, psi
from mlsd_lib.operations.errors import OperationsError
from mlsd_lib.operations.monitor import Alert, Monitor
from mlsd_lib.operations.rollout import Arm, CanaryDecision, ModelRegistry, canary_decision

__all__ = [
    "Alert",
    "Arm",
    "CanaryDecision",
    "ModelRegistry",
    "Monitor",
    "OperationsError",
    "canary_decision",
    "category_psi",
    "ks_statistic",
    "null_share",
    "psi",
]
