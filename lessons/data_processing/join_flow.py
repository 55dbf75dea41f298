"""The two joins of reports to payments, drawn: what each reads, and what its model promises and keeps."""

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
