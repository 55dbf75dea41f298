"""The three loops on the same requests: what each of them counted, and its CPU time."""

import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
from torch import Tensor

from lessons.batching_schedulers import loops
from mlsd_lib.modeling.decoder import Decoder

LOOPS = {"static": loops.static, "continuous": loops.continuous, "with own caches": loops.with_own_caches}


def compare(
    decoder: Decoder, prompts: Tensor, answers: Mapping[str, np.ndarray], slots: int, rounds: int
) -> tuple[pd.DataFrame, dict[tuple[str, str], loops.Run]]:
    """A table with a row for each set of lengths in `answers` and each loop, and the run behind each row.

    All loops run in turn, `rounds` times. `gain in CPU time`: the CPU time of the static loop over that of this loop in
    the same round, the median of the rounds: a machine that is busy for a while slows both. The static loop comes first
    in its set.
    """
    keys = [(kind, name) for kind in answers for name in LOOPS]
    runs: dict[tuple[str, str], loops.Run] = {}
    cpu_s: dict[tuple[str, str], list[float]] = {key: [] for key in keys}
    for _ in range(rounds):
        for kind, name in keys:
            begun_s = time.process_time()
            runs[kind, name] = LOOPS[name](decoder, prompts, answers[kind], slots)
            cpu_s[kind, name].append(time.process_time() - begun_s)
    gain = {key: float(np.median(np.divide(cpu_s[key[0], "static"], cpu_s[key]))) for key in keys}
    rows = [(run.steps, run.rows / run.steps, run.prefills, gain[key]) for key, run in runs.items()]
    columns = ["steps", "rows in a step", "calls that read", "gain in CPU time"]
    return pd.DataFrame(rows, pd.MultiIndex.from_tuples(keys, names=["lengths", "loop"]), columns), runs
