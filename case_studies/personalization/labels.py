"""Late clicks: what a log looked at now believes. A view without a report yet looks like one without a click."""

from typing import Literal, get_args

import numpy as np
import pandas as pd

from case_studies.personalization.data import PersonalizationError
from notebook_runner.errors import require_one_of

LabelPolicy = Literal["as seen", "matured"]
WAIT = pd.Timedelta(hours=6)
"""How old a view must be before the policy "matured" learns from it: nearly every click is reported by then."""


def rewards_as_of(log: pd.DataFrame, now: pd.Timestamp) -> np.ndarray:
    """1.0 where a click had been reported before `now`, else 0.0, (n,)."""
    return (log["label_time"] < now).to_numpy(float)


def learnable(time: pd.Series, log: pd.DataFrame, now: pd.Timestamp, policy: LabelPolicy = "matured") -> np.ndarray:
    """Which views may be learned from at `now`, (n,) of bool: old enough, and with a propensity that can be trusted."""
    require_one_of("The label policy", policy, get_args(LabelPolicy), PersonalizationError)
    wait = WAIT if policy == "matured" else pd.Timedelta(0)
    return (time < now - wait).to_numpy() & log["propensity"].notna().to_numpy()
