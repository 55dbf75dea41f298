"""From candidates to a release: fitting, comparison with intervals, ONNX files, a small decoder, training on processes.

Nothing that answers requests may enter this room.
"""

from mlsd_lib.modeling.comparison import (
    Interval,
    cheapest_tied,
    clustered_gap,
    clustered_interval,
    paired_comparison,
    seen_and_true,
)
from mlsd_lib.modeling.errors import ModelingError
from mlsd_lib.modeling.small_trees import fit_weighted, scaled_logistic, small_trees

__all__ = [
    "Interval",
    "ModelingError",
    "cheapest_tied",
    "clustered_gap",
    "clustered_interval",
    "fit_weighted",
    "paired_comparison",
    "scaled_logistic",
    "seen_and_true",
    "small_trees",
]
