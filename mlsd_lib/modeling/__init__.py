"""From candidates to a release: models as checked files, their registry, run folders, comparison, decision records.

Nothing that answers requests may enter this room.
"""

from mlsd_lib.modeling.artefacts import read_artefact, save_artefact
from mlsd_lib.modeling.capacity import filling_value, first_come
from mlsd_lib.modeling.comparison import (
    Interval,
    cheapest_tied,
    clustered_gap,
    clustered_interval,
    paired_comparison,
    seen_and_true,
)
from mlsd_lib.modeling.decision import DecisionRecord
from mlsd_lib.modeling.errors import ModelingError
from mlsd_lib.modeling.registry import ModelRegistry
from mlsd_lib.modeling.runs import Run
from mlsd_lib.modeling.small_trees import fit_weighted, scaled_logistic, small_trees
from mlsd_lib.modeling.training_labels import DelayCurve, TrainingLabels

__all__ = [
    "DecisionRecord",
    "DelayCurve",
    "Interval",
    "ModelRegistry",
    "ModelingError",
    "Run",
    "TrainingLabels",
    "cheapest_tied",
    "clustered_gap",
    "clustered_interval",
    "filling_value",
    "first_come",
    "fit_weighted",
    "paired_comparison",
    "read_artefact",
    "save_artefact",
    "scaled_logistic",
    "seen_and_true",
    "small_trees",
]
