"""Data between its source and a model: contracts that a table must keep, and windows that never see the future.

Nothing that answers requests may enter this room.
"""

from mlsd_lib.data.contract import ContractBroken, Fault, admit, faults
from mlsd_lib.data.windows import WindowIndex

__all__ = ["ContractBroken", "Fault", "WindowIndex", "admit", "faults"]
