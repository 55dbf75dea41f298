"""The simulated payments with a category: online, or at a terminal; and with what later became known of each."""

from typing import TYPE_CHECKING

from mlsd_lib.datasets.fraud import load

if TYPE_CHECKING:
    import pandas as pd

ONLINE_SHARE = {"stolen": 0.9, "burst": 0.9}
"""Payments of a stolen card and numbers tried out in a burst are made online nine times in ten: an assumption."""
OTHERS_ONLINE = 0.3


def payments_with_channel(seed: int, weeks: int, customers: int, terminals: int) -> "pd.DataFrame":
    """Payments of so many weeks in order of time, with the columns `channel`, `is_fraud` and `label_time` in addition.

    `label_time` is when a fraud becomes known. The channel is drawn from `seed`, as the payments are.
    """
    import numpy as np

    stream = load("simulator", seed, days=7 * weeks, customers=customers, terminals=terminals)
    rng = np.random.default_rng(seed)
    share = stream.truth["mechanism"].map(ONLINE_SHARE).fillna(OTHERS_ONLINE).to_numpy(dtype=float)
    online = rng.random(len(share)) < share
    known = {name: stream.truth[name].to_numpy() for name in ("is_fraud", "label_time")}
    return stream.payments.assign(channel=np.where(online, "online", "terminal"), **known)
