"""What a training set may believe. Before the release annotators label every post; afterwards labels follow decisions.

A post that was kept is never looked at again, and who was removed rightly rarely appeals. So the labels that moderation
makes by itself say little about what it missed. A random audit looks at some posts whatever was decided about them.
"""

from typing import Literal, get_args

import numpy as np
import pandas as pd

from case_studies.kit import TrainingLabels
from case_studies.moderation.data import ModerationError
from notebook_runner.errors import require_one_of

LabelPolicy = Literal["appeals", "audit"]
AUDIT_RATE = 0.05
"""Share of all posts that a reviewer looks at by lot."""
APPEALS_IF_WRONG, APPEALS_IF_RIGHT = 0.6, 0.05
"""How many of those whose post was removed appeal."""


def training_labels(
    time: pd.Series, truth: pd.DataFrame, action: np.ndarray, now: pd.Timestamp, policy: LabelPolicy = "audit"
) -> TrainingLabels:
    """What may be learned at `now` under `policy`; only what was known by then is looked at.

    `action`: what was done to each post, (n,): "" before the first release, then "keep", "review" or "remove". The
    label of a live post is what the platform itself made of it: "fine" where it was kept.
    "appeals": verdicts of reviewers and of appeals; a removal without an appeal counts as right, a kept post as fine.
    "audit": kept posts count only if the lot chose them, each for as many as it stands for.
    """
    require_one_of("The label policy", policy, get_args(LabelPolicy), ModerationError)
    label, verdict = truth["label"].to_numpy(dtype=object), truth["verdict"].to_numpy(dtype=object)
    annotated = (action == "") & (truth["label_time"] < now).to_numpy()
    waiting = (action == "review") & truth["label_time"].isna().to_numpy()
    live = (action != "") & (time < now).to_numpy() & ~waiting
    label = np.where(live & (action == "remove") & appealed(truth), verdict, label)
    weight, use = np.ones(len(label)), annotated | live
    if policy == "audit":
        drawn = live & (truth["lottery"] < AUDIT_RATE).to_numpy()
        label = np.where(drawn, verdict, label)
        kept = live & (action == "keep")
        use &= ~kept | drawn
        weight[kept & drawn] = 1 / AUDIT_RATE
    return TrainingLabels(use, label, weight)


def appealed(truth: pd.DataFrame) -> np.ndarray:
    """Who would appeal against a removal, (n,) of bool: the innocent more often than the guilty."""
    chance = np.where(truth["category"] == "fine", APPEALS_IF_WRONG, APPEALS_IF_RIGHT)
    return (truth["appeal"] < chance).to_numpy()
