"""What the judge may learn from. Before the release agents answer everything; afterwards they see what was refused.

Of what was answered one hears from those who complain, some days later and not from all, or from a random audit: an
agent looks at some answers whatever became of them.
"""

from typing import Literal, get_args

import numpy as np
import pandas as pd

from case_studies.assistant.data import DAY, AssistantError, is_right, noted_right
from case_studies.kit import TrainingLabels
from notebook_runner.errors import require_one_of

LabelPolicy = Literal["audit", "complaints"]
AUDIT_RATE = 0.05
COMPLAIN = 0.12
"""Share of the customers with a wrong answer who say so."""
SILENT_DAYS = 5
"""After so many days without a complaint an answer is taken for right."""


def complained(found: pd.DataFrame, truth: pd.DataFrame) -> np.ndarray:
    """Who would complain about an answer from the passage found, (n,) of bool."""
    return ~is_right(found, truth) & (truth["complains"].to_numpy() < COMPLAIN)


def training_labels(
    time: pd.Series,
    found: pd.DataFrame,
    truth: pd.DataFrame,
    answered: np.ndarray,
    now: pd.Timestamp,
    policy: LabelPolicy = "audit",
) -> TrainingLabels:
    """What may be learned at `now`; the label says whether the passage found supports the right answer.

    `answered`: by the assistant, (n,) of bool; agents answered the others and noted the document, right after.
    "complaints": an answer counts as right once nobody has complained for `SILENT_DAYS`. "audit": only the answers that
    the lot chose count, each for as many as it stands for.
    """
    require_one_of("The label policy", policy, get_args(LabelPolicy), AssistantError)
    noted, age = noted_right(found, truth), now - time
    by_agent = ~answered & (age > truth["noted_after"].to_numpy()).to_numpy()
    if policy == "audit":
        drawn = answered & (truth["lottery"] < AUDIT_RATE).to_numpy() & (age > DAY).to_numpy()
        return TrainingLabels(by_agent | drawn, noted, np.where(drawn, 1 / AUDIT_RATE, 1.0))
    heard = answered & complained(found, truth) & (age > truth["complains_after"].to_numpy()).to_numpy()
    silent = answered & ~heard & (age > SILENT_DAYS * DAY).to_numpy()
    return TrainingLabels(by_agent | heard | silent, np.where(by_agent, noted, silent), np.ones(len(noted)))
