"""The threshold that fills the day, against doing nothing."""

import numpy as np

from case_studies.kit import DecisionRecord, filling_value, first_come
from case_studies.tiny import data, features, policy
from case_studies.tiny.models import Release
from case_studies.tiny.service import Store
from mlsd_lib.datasets import DataCard
from mlsd_lib.modeling import cheapest_tied, clustered_interval, paired_comparison


def train(run, source, rng, tell=lambda text: None):
    readings = data.load(source)
    card = DataCard("twenty machines", len(readings), "none", False, source)
    learned = run.learns_from(__package__, card, {"readings": readings}, data.START + data.HISTORY_DAYS * data.DAY)
    history = readings[readings["time"] < data.START + data.HISTORY_DAYS * data.DAY]
    score = Release(0.0).score(features.features_of(history).to_numpy())
    release = Release(filling_value(score, policy.CHECKS_PER_DAY * data.HISTORY_DAYS))
    acted = first_come(history["time"], score >= release.threshold, policy.CHECKS_PER_DAY)
    saved = policy.saved_eur(acted, history["failed_at"].notna().to_numpy())
    machine = history["machine_id"].to_numpy()
    table = paired_comparison({"nothing": np.zeros(len(saved)), "threshold": saved}, machine, data.HISTORY_DAYS, rng)
    test = clustered_interval(saved, machine, data.HISTORY_DAYS, rng)
    chosen, why = cheapest_tied(table, ["threshold"]), "Doing nothing finds nothing."
    record = DecisionRecord(
        chosen, table, test, "Sensors stay as they are.", "heat is read again", ["threshold"], why, judged_by="mean"
    )
    record.file(run, learned, release.save, lambda: Store(run.store).fill(history))
    return card, table
