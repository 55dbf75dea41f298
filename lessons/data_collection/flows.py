"""Diagrams of the lessons on data collection: whose labels judge a model, and which copies hear of a deletion."""

from collections.abc import Mapping, Sequence

from mlsd_lib.lesson import diagram
from mlsd_lib.lesson.diagram_picture import Diagram


def crowd_flow(own_percent: float, true_percent: float) -> Diagram:
    """The diagram of a crowd that labels both training and test: accuracy by its own test labels, and by true ones."""
    return diagram(
        "misread instruction -> crowd",
        "crowd -> training labels -> model",
        "crowd -> test labels",
        "model, test labels -> report",
        "model, true labels -> truth",
        "report: {own:.0f} % right",
        "truth: {true:.0f} % right",
        own=own_percent,
        true=true_percent,
    )


def deletion_flow(faults: Mapping[str, int], auc_percent: Sequence[float]) -> Diagram:
    """The diagram of a deletion that reaches the register, and not the training file.

    `faults` are the people in the file whom the gate refuses, by its three reasons. `auc_percent` is the AUC on the
    deleted people of two forests: one that learned from the file, and one that learned from the register.
    """
    from_file, from_register = auc_percent
    return diagram(
        "deletion -> register -> gate -> model",
        "register -> training file: once",
        "training file -> gate",
        "training file: {deleted} deleted people, {withdrawn} without consent, {old:,} too old",
        "model: on the deleted AUC {from_file:.0f} % by the file, {from_register:.0f} % by the register",
        deleted=faults["deleted"],
        withdrawn=faults["consent withdrawn"],
        old=faults["too old"],
        from_file=from_file,
        from_register=from_register,
    )
