"""Where data comes from: one simulator a case study, readers of the published files, a card that says which it was.

Ground truth always travels in an object of its own. No model, no plot and no feature may enter this room.
"""

from mlsd_lib.datasets.card import DataCard, DataError
from mlsd_lib.datasets.installed import installed_file

__all__ = ["DataCard", "DataError", "installed_file"]
