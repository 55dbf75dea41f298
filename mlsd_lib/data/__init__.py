"""Data between its source and a model: contracts, features as of a moment, a store of them, versions and lineage.

Nothing that answers requests may enter this room.
"""

from mlsd_lib.data.contract import ContractBroken, Fault, admit, faults
from mlsd_lib.data.lineage import Lineage, Step
from mlsd_lib.data.point_in_time import point_in_time_join
from mlsd_lib.data.store import FeatureStore
from mlsd_lib.data.windows import WindowIndex
from mlsd_lib.datasets import DataError

__all__ = [
    "ContractBroken",
    "DataError",
    "Fault",
    "FeatureStore",
    "Lineage",
    "Step",
    "WindowIndex",
    "admit",
    "faults",
    "point_in_time_join",
]
