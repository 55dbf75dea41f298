"""The document that is handed in: what the model sees and when it is known, labels, learning, review, late sources."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from mlsd_lib.simulation.design import Document, Part, listed

LEDGER_SIGNS = ("amount_over_usual", "payments", "strange_terminal", "terminal_payments")
REPORT_SIGNS = ("terminal_reports", "card_reports")
RATE_SIGNS = ("terminal_rate", "card_rate")
SOURCES = {
    "amount": ("message",), "night": ("message",), **dict.fromkeys(LEDGER_SIGNS, ("stream", "warehouse")),
    **dict.fromkeys(REPORT_SIGNS, ("reports",)), **dict.fromkeys(RATE_SIGNS, ("training labels",)),
}  # fmt: skip
KNOWN = {
    "message": ("at once",), "stream": ("at once", "next midnight"), "warehouse": ("at once", "next midnight"),
    "reports": ("when reported", "with the payment"), "training labels": ("at training",),
}  # fmt: skip
WINDOWED = (*LEDGER_SIGNS, *REPORT_SIGNS)


class Sign(Part):
    """A feature: `sign` over the `window_days` before the payment, read from `source`, `known` from when on.

    Training rows are built as `known` says. A payment is scored with what has really come by then.
    """

    sign: Literal[
        "amount", "night", "amount_over_usual", "payments", "strange_terminal", "terminal_payments",
        "terminal_reports", "card_reports", "terminal_rate", "card_rate",
    ]  # fmt: skip
    source: Literal["message", "stream", "warehouse", "reports", "training labels"]
    known: Literal["at once", "next midnight", "when reported", "with the payment", "at training"]
    window_days: Annotated[int, Field(ge=1, le=60)] | None = None


class Labels(Part):
    """After `ripen_days` labels count as complete. A payment that nobody has reported until then

    - "honest": counts as honest from its first day on;
    - "wait": is not learned from, nor is any other so young;
    - "left out": is not learned from; frauds that are reported earlier are;
    - "weighted": counts as honest, and a known fraud as often as frauds of its age are still to be reported.
    """

    ripen_days: int = Field(ge=0, le=60)
    unreported: Literal["honest", "wait", "left out", "weighted"]


class Learning(Part):
    """A release learns from `window_days` of payments; the next follows after `retrain_days`, or never."""

    window_days: int = Field(ge=7, le=98)
    retrain_days: Annotated[int, Field(ge=1, le=42)] | None


class Backtest(Part):
    """How the money was promised: on the `test_days` that end `gap_days` before the release, or on a fifth of the rows.

    Random rows come from the days that the first release learns from; both numbers mean nothing then.
    """

    split: Literal["time", "random"]
    test_days: int = Field(ge=7, le=42)
    gap_days: int = Field(ge=0, le=42)


class Review(Part):
    """The threshold aims at `alerts_per_day`, set `at training` or `daily`; ranked by expected loss or probability."""

    alerts_per_day: int = Field(ge=1, le=200)
    threshold: Literal["at training", "daily"]
    rank_by: Literal["expected loss", "probability"]


Late = Literal["zero", "last known", "model without", "no alerts"]


class Pipeline(Document):
    """The whole document. `late_ledger`: what is done while the payments of stream and warehouse are a day late."""

    signs: Annotated[tuple[Sign, ...], BeforeValidator(listed), Field(min_length=1, max_length=12)]
    labels: Labels
    learning: Learning
    backtest: Backtest
    review: Review
    late_ledger: Late

    def _contradictions(self) -> Iterator[str]:
        for number, sign in enumerate(self.signs):
            yield from _sign_lines(f"signs.{number}", sign)
        if len(set(self.signs)) < len(self.signs):
            yield "signs holds an entry twice; each may stand once. Remove one."
        labels, window = self.labels, self.learning.window_days
        if labels.unreported == "left out" and labels.ripen_days >= window:
            yield (
                f"labels.ripen_days is {labels.ripen_days}, not below learning.window_days, {window}: no honest "
                "payment is left to learn from. Learn from a longer window, or let labels ripen for less."
            )
        if all(sign.sign in LEDGER_SIGNS for sign in self.signs) and self.late_ledger == "model without":
            yield "late_ledger is 'model without', but no sign is left without the ledger. Add one, or do otherwise."


def _sign_lines(where: str, sign: Sign) -> Iterator[str]:
    if sign.source not in SOURCES[sign.sign]:
        yield f"{where}.source is {sign.source!r}; {sign.sign} comes from {' or '.join(SOURCES[sign.sign])}. Name it."
    elif sign.known not in KNOWN[sign.source]:
        yield f"{where}.known is {sign.known!r}; of {sign.source} it is {' or '.join(KNOWN[sign.source])}. Name one."
    if sign.sign in WINDOWED and sign.window_days is None:
        yield f"{where}.window_days is missing; {sign.sign} looks back over 1 to 60 days. Add it."
    if sign.sign not in WINDOWED and sign.window_days is not None:
        yield f"{where}.window_days is {sign.window_days}; {sign.sign} has no window. Remove it."
