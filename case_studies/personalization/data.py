"""What comes in: the contract of the views, the bodies that the page sends, what belongs to a day."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from case_studies.kit import bodies
from case_studies.kit.stream_times import between, midnight_after
from mlsd_lib.data import admit
from mlsd_lib.datasets.personalization import PageStream, simulate
from mlsd_lib.datasets.personalization_simulator import CATEGORIES, POSITIONS
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

DAY = pd.Timedelta(days=1)
MESSAGE = ["request_id", "page_id", "time", "visitor_id", "category", "position"]


class PersonalizationError(CourseError):
    """Something that the page's system cannot do: names the thing, the value, the rule and the fix."""


def contract() -> "DataFrameSchema":
    """What a table of views must keep."""
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            "request_id": pa.Column("int64", unique=True),
            "page_id": pa.Column("int64", pa.Check(lambda page: page.is_monotonic_increasing, name="slots together")),
            "time": pa.Column("datetime64[us]", pa.Check(lambda time: time.is_monotonic_increasing, name="ordered")),
            "visitor_id": pa.Column("int64", pa.Check.ge(0)),
            "category": pa.Column("int64", pa.Check.isin(range(CATEGORIES))),
            "position": pa.Column("int64", pa.Check.in_range(1, POSITIONS)),
        },
        strict=True,
    )


def load(
    source: str = "simulator", seed: int = 0, days: int = 35, quarantine: Path | None = None, **options: Any
) -> PageStream:
    """The simulator's stream, admitted by the contract. A published log has no visits, so it makes no release."""
    if source != "simulator":
        raise PersonalizationError(
            f"The source is {source!r}; a release learns from visits, which published logs do not hold. "
            "Use report --protocol openbandit for them."
        )
    stream = simulate(np.random.default_rng(seed), days, **options)
    admit(stream.views, contract(), "views", quarantine)
    return stream


def end_of(stream: PageStream) -> pd.Timestamp:
    """The midnight after the last view."""
    return midnight_after(stream.views["time"])


def messages(views: pd.DataFrame) -> list[dict[str, Any]]:
    """The bodies for POST /predict, in the order of the views."""
    return bodies(views[MESSAGE])


def report_messages(
    views: pd.DataFrame, log: pd.DataFrame, first: pd.Timestamp, end: pd.Timestamp
) -> list[dict[str, Any]]:
    """The bodies for POST /reports of the clicks on `views` that are reported from `first` until before `end`."""
    reported = log["clicked"].to_numpy() & between(log["label_time"], first, end)
    return bodies(views.loc[reported, ["request_id", "visitor_id"]].assign(time=log["label_time"][reported]))
