"""Diagrams of the lessons on data processing: what a join reads, who fills a store, where a bad table goes."""

from collections.abc import Mapping

import pandas as pd

from mlsd_lib.lesson import diagram
from mlsd_lib.lesson.diagram_picture import Diagram


def join_flow(joins: pd.DataFrame) -> Diagram:
    """The diagram of both joins by customer, with the mean AUC of each over the banks.

    `joins` has the index (world, join, bank) and the columns "AUC offline" and "AUC live".
    """
    auc = joins.groupby(["world", "join"])[["AUC offline", "AUC live"]].mean().loc["customer"]
    then, now = auc.loc["point in time"], auc.loc["current value"]
    return diagram(
        "payments -> point in time, current value -> model",
        "reports -> point in time: newest before the payment",
        "reports -> current value: newest of all",
        "point in time: AUC {then_offline:.2f} offline, {then_live:.2f} live",
        "current value: AUC {now_offline:.2f} offline, {now_live:.2f} live",
        then_offline=then["AUC offline"],
        then_live=then["AUC live"],
        now_offline=now["AUC offline"],
        now_live=now["AUC live"],
    )


def feature_flow(gained: Mapping[str, float], look_up_us: Mapping[str, float]) -> Diagram:
    """The diagram of three features by product: who fills what the service reads.

    `gained` is the AUC that each adds to that of the shop alone, `look_up_us` the microseconds of one look-up; both
    have the keys "table of names", "hash and array" and "feature store".
    """
    return diagram(
        "training -> table of names, array -> service",
        "nightly job -> feature store -> service",
        "table of names: AUC +{table_gain:.3f}, {table_us:.2f} us a look-up",
        "array: AUC +{array_gain:.3f}, {array_us:.2f} us a look-up",
        "feature store: AUC +{store_gain:.3f}, {store_us:.0f} us a look-up",
        table_gain=gained["table of names"],
        table_us=look_up_us["table of names"],
        array_gain=gained["hash and array"],
        array_us=look_up_us["hash and array"],
        store_gain=gained["feature store"],
        store_us=look_up_us["feature store"],
    )


def quarantine_flow(dropped_rows: float, dropped_loss: float, set_aside: int, came_back: int) -> Diagram:
    """The diagram of two ways for a table that breaks its contract.

    `dropped_rows` and `dropped_loss` are the shares, in percent, of the rows and of the loss to fraud that are missing
    where bad rows are dropped; the tables of `set_aside` days were set aside, of which `came_back` are whole again.
    """
    return diagram(
        "sender -> contract -> history",
        "contract -> set aside -> repair -> contract",
        "contract -> bad rows dropped -> history",
        "set aside: {came_back} of {set_aside} days came back whole",
        "bad rows dropped: {rows:.1f} % of the rows, {loss:.0f} % of the loss to fraud",
        set_aside=set_aside,
        came_back=came_back,
        rows=dropped_rows,
        loss=dropped_loss,
    )
