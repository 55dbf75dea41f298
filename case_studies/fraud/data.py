"""What comes in: the payments' contract, the units that each acquirer sends, what was known at a moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from case_studies.kit import bodies
from case_studies.kit.stream_times import between
from mlsd_lib.data import admit
from mlsd_lib.datasets.fraud import PaymentStream, load
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

LARGEST_AMOUNT = 50_000.0
"""No payment of ours comes near it; a wrong unit can still hide below it, which is why amounts are monitored too."""
CENT_TERMINALS = range(250)
"""Terminals whose acquirer sends amounts in cents. All others send euros."""
DAY = pd.Timedelta(days=1)
MESSAGE = ["transaction_id", "time", "customer_id", "terminal_id", "amount"]


class FraudError(CourseError):
    """Something that the fraud system cannot do: names the thing, the value, the rule and the fix."""


def contract() -> "DataFrameSchema":
    """What a table of payments must keep. ULB's has no customers and terminals."""
    import pandera.pandas as pa

    return pa.DataFrameSchema(
        {
            "transaction_id": pa.Column("int64", unique=True),
            "time": pa.Column("datetime64[us]", pa.Check(lambda time: time.is_monotonic_increasing, name="ordered")),
            "customer_id": pa.Column("int64", pa.Check.ge(0), required=False),
            "terminal_id": pa.Column("int64", pa.Check.ge(0), required=False),
            "amount": pa.Column("float64", pa.Check.in_range(0, LARGEST_AMOUNT)),
        },
        strict=False,
    )


def load_payments(source: str = "simulator", quarantine: Path | None = None, **options: Any) -> PaymentStream:
    """The stream from `source`, admitted by the contract; a broken one is set aside whole and refused."""
    stream = load(source, **options)
    admit(stream.payments, contract(), "payments", quarantine)
    return stream


def day_rows(payments: pd.DataFrame, day: pd.Timestamp) -> np.ndarray:
    """Positions of the payments of one day, (n,)."""
    return np.flatnonzero((payments["time"].dt.normalize() == day).to_numpy())


def labels_as_of(truth: pd.DataFrame, moment: pd.Timestamp) -> np.ndarray:
    """True where a fraud had been reported before `moment`, (n,). Everything else looks honest then."""
    return (truth["label_time"] < moment).to_numpy()


def reports_of(payments: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Every fraud report: `transaction_id`, `terminal_id`, and the `time` at which it arrives."""
    known = truth["label_time"].notna().to_numpy()
    reports = payments.loc[known, ["transaction_id", "terminal_id"]]
    return reports.assign(time=truth["label_time"].to_numpy()[known])


@dataclass(frozen=True)
class Adapter:
    """The part of a release that knows in which unit each acquirer sends amounts."""

    cent_terminals: frozenset[int] = frozenset()

    @classmethod
    def of(cls, terminals: Iterable[int] = CENT_TERMINALS) -> "Adapter":
        """An adapter for these terminals, which send cents."""
        return cls(frozenset(map(int, terminals)))

    def _unit(self, terminal: pd.Series) -> np.ndarray:
        return np.where(terminal.isin(list(self.cent_terminals)), 100.0, 1.0)

    def sent(self, payments: pd.DataFrame) -> pd.DataFrame:
        """The messages in which acquirers would send these payments."""
        return payments.assign(amount=(payments["amount"] * self._unit(payments["terminal_id"])).round(2))

    def parsed(self, messages: pd.DataFrame) -> pd.DataFrame:
        """The payments, in euros, that this adapter makes of messages."""
        return messages.assign(amount=messages["amount"] / self._unit(messages["terminal_id"]))

    def parsed_amount(self, terminal_id: int, amount: float) -> float:
        """One message's amount in euros."""
        return amount / (100.0 if terminal_id in self.cent_terminals else 1.0)


def messages(payments: pd.DataFrame, adapter: Adapter) -> list[dict[str, Any]]:
    """The bodies for POST /predict, in the order of the payments, amounts in each acquirer's unit."""
    return bodies(adapter.sent(payments)[MESSAGE])


def report_messages(stream: PaymentStream, first: pd.Timestamp, end: pd.Timestamp) -> list[dict[str, Any]]:
    """The bodies for POST /reports of the reports that arrive from `first` until before `end`."""
    reports = reports_of(stream.payments, stream.truth)
    return bodies(reports[between(reports["time"], first, end)])
