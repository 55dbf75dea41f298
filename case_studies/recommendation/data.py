"""What comes in: the contract of visits and purchases, the catalogue that gives each item code its place, bodies."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from case_studies.kit import bodies, stream_times
from case_studies.kit.stream_times import between
from case_studies.recommendation.shopping import ShoppingLog, load
from mlsd_lib.data import admit
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

DAY = pd.Timedelta(days=1)
VISIT = ["visit_id", "time", "household_id", "viewing"]
PURCHASE = ["visit_id", "time", "household_id", "item"]


class RecommendationError(CourseError):
    """Something that the system cannot do: names the thing, the value, the rule and the fix."""


def contract(item_column: str) -> "DataFrameSchema":
    """What a table of visits (with `viewing`) or of purchases (with `item`) must keep."""
    import pandera.pandas as pa

    visits = item_column == "viewing"
    return pa.DataFrameSchema(
        {
            "visit_id": pa.Column("int64", pa.Check.ge(0), unique=visits),
            "time": pa.Column("datetime64[us]", pa.Check(lambda time: time.is_monotonic_increasing, name="ordered")),
            "household_id": pa.Column("int64", pa.Check.ge(0)),
            item_column: pa.Column("int64", pa.Check.ge(0)),
        },
        strict=False,
    )


def load_log(source: str = "simulator", quarantine: Path | None = None, **options: Any) -> ShoppingLog:
    """The log from `source`, admitted by the contract; a broken one is set aside whole and refused."""
    log = load(source, **options)
    admit(log.visits, contract("viewing"), "visits", quarantine)
    admit(log.purchases, contract("item"), "purchases", quarantine)
    return log


@dataclass(frozen=True)
class Catalogue:
    """The place of each item code in the tables of a release, and what is known of the items; all (items,).

    `name`: what a file calls them, "" where it does not say.
    A later catalogue only adds places. One that gives old codes other places re-maps whatever was stored by place.
    """

    codes: np.ndarray
    category: np.ndarray
    margin_eur: np.ndarray
    launched: np.ndarray
    name: np.ndarray

    @classmethod
    def of(cls, items: pd.DataFrame, now: pd.Timestamp) -> "Catalogue":
        """The items launched until `now`, in the order of their codes."""
        known = items[items["launched"] <= now].sort_values("item")
        launched = known["launched"].to_numpy().astype("datetime64[D]")
        codes, category, margin_eur = (known[name].to_numpy() for name in ("item", "category", "margin_eur"))
        name = known.get("name", pd.Series("", known.index)).to_numpy(dtype=object)
        return cls(codes, category, margin_eur, launched, name)

    def __len__(self) -> int:
        return len(self.codes)

    def places(self, codes: np.ndarray) -> np.ndarray:
        """The place of each code, -1 for one that the catalogue does not have; same shape."""
        order = np.argsort(self.codes, kind="stable")
        found = np.searchsorted(self.codes[order], codes).clip(max=len(order) - 1)
        return np.where(self.codes[order][found] == codes, order[found], -1)

    def names(self, codes: np.ndarray) -> dict[str, list[str]]:
        """What an answer adds to the codes of a slate: their `names`; nothing where the items have none."""
        places = self.places(codes)
        found = np.where(places < 0, "", self.name[places]).tolist()
        return {"names": found} if any(found) else {}

    def moved(self, old: "Catalogue") -> int:
        """How many codes of an older catalogue have another place here, or none: what was stored of them is wrong."""
        return int((self.places(old.codes) != np.arange(len(old))).sum())

    def remapped(self, by: int = 7) -> "Catalogue":
        """A catalogue whose codes have moved by some places: what a sort by another column does."""
        return replace(self, codes=np.roll(self.codes, by))


def places_of(purchases: pd.DataFrame, catalogue: Catalogue) -> np.ndarray:
    """The place under which each purchase is stored, (purchases,): its column `place`, or what the catalogue says."""
    return purchases["place"].to_numpy() if "place" in purchases else catalogue.places(purchases["item"].to_numpy())


def until(log: ShoppingLog, now: pd.Timestamp) -> pd.DataFrame:
    """The purchases that were made before `now`."""
    return log.purchases.iloc[: int(log.purchases["time"].searchsorted(now))]


def midnight_after(log: ShoppingLog) -> pd.Timestamp:
    """The midnight after the last visit of a log."""
    return stream_times.midnight_after(log.visits["time"])


def messages(visits: pd.DataFrame) -> list[dict[str, Any]]:
    """The bodies for POST /predict, in the order of the visits."""
    return bodies(visits[VISIT])


def report_messages(log: ShoppingLog, first: pd.Timestamp, end: pd.Timestamp) -> list[dict[str, Any]]:
    """The bodies for POST /reports of what was bought from `first` until before `end`."""
    return bodies(log.purchases.loc[between(log.purchases["time"], first, end), PURCHASE])
