"""What every lesson needs beside its subject: predictions, checks, claims, fair timing, one plotting style.

Nothing about a stage of the book may enter here: a join, a batcher or a drift test belongs to its own room.
"""

from mlsd_lib.lesson import plotting
from mlsd_lib.lesson.claims import Claim, ClaimsFailed, claims, claims_seen
from mlsd_lib.lesson.diagram import diagram
from mlsd_lib.lesson.plotting import use_style
from mlsd_lib.lesson.predictions import Prediction, ask_for_predictions, calibration, forget_predictions, predict
from mlsd_lib.lesson.progress_bar import progress
from mlsd_lib.lesson.timing import PairedRatio, paired_ratio, quickest_s
from mlsd_lib.lesson.your_turn import CheckResult, Turns

__all__ = [
    "CheckResult",
    "Claim",
    "ClaimsFailed",
    "PairedRatio",
    "Prediction",
    "Turns",
    "ask_for_predictions",
    "calibration",
    "claims",
    "claims_seen",
    "diagram",
    "forget_predictions",
    "paired_ratio",
    "plotting",
    "predict",
    "progress",
    "quickest_s",
    "use_style",
]
