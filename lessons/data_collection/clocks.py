"""Readings of a local clock, such as 517 for 5:17, as minutes and as instants."""

import numpy as np
import pandas as pd


def minutes(clock: pd.Series) -> pd.Series:
    """Minutes after midnight of readings such as 517 for 5:17; 2400 is the end of the day."""
    return clock // 100 * 60 + clock % 100


def landed(reading: pd.Series, left: pd.Series, zone: pd.Series) -> pd.DataFrame:
    """When each plane landed, from the reading of the clock there: `at` (UTC) and `names one instant`.

    `reading` is in minutes after midnight; `left`, instants with a zone; `zone`, the names of the destinations' zones.
    The landing is the first time after `left` at which that clock shows the reading. Of an hour that happens twice the
    earlier is taken; a reading that the clock passed over is moved forward to the next one that exists.
    """
    parts = [_landed_in(str(name), reading[rows], left[rows]) for name, rows in zone.groupby(zone).groups.items()]
    return pd.concat(parts).reindex(zone.index)


def _landed_in(zone: str, reading: pd.Series, left: pd.Series) -> pd.DataFrame:
    local_left = left.dt.tz_convert(zone).dt.tz_localize(None)
    local = local_left.dt.normalize() + pd.to_timedelta(reading, unit="min")
    local = local.where(local >= local_left, local + pd.Timedelta(days=1))
    first = np.ones(len(local), dtype=bool)
    at = local.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    instant = local.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    return pd.DataFrame({"at": at.dt.tz_convert("UTC"), "names one instant": instant.notna()})
