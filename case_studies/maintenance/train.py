"""From a fleet to a run folder: candidates compared, the chosen one fitted, tested and written down.

And the protocol of C-MAPSS (A. Saxena, K. Goebel, D. Simon and N. Eklund, PHM 2008): learn from engines run to failure,
predict the cycles left after the last cycle of each test engine; labels capped at 125, as is usual there.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from case_studies.kit import DecisionRecord, Run, gains, with_monitor
from case_studies.maintenance import models
from case_studies.maintenance.conformal import coverage_by_group
from case_studies.maintenance.data import DAY
from case_studies.maintenance.features import OF_A_SENSOR, features_of, rolling
from case_studies.maintenance.labels import CAP_DAYS, LabelPolicy, days_left, known_lives
from case_studies.maintenance.models import Release, fit_release
from case_studies.maintenance.monitor import monitor_of
from case_studies.maintenance.policy import PLANNED_EUR, ReplacementPolicy, looked_after
from case_studies.maintenance.remaining_cycles import cycles_left, remaining_scores, validated_rmse
from case_studies.maintenance.replacement import Prices, best_age, best_threshold, outcome, saved_by_unit
from case_studies.maintenance.service import MaintenanceStore
from mlsd_lib.datasets.fleet import Engines, Fleet
from mlsd_lib.datasets.published import require_groups
from mlsd_lib.modeling import Interval, cheapest_tied, clustered_interval, paired_comparison

CMAPSS_CAP = 125
CMAPSS_PUBLISHED = {"published: CNN": 18.45, "published: LSTM": 16.14, "published: about the best": 11.0}
"""RMSE on FD001, last cycles, cap 125."""
ENGINE_SETTINGS = tuple((name, windows) for name in ("linear", "boosted") for windows in ((7, 28), (14, 56)))
"""What is tried on engines: a model and the cycles of its two windows."""
NOTHING, LIMIT = "run to failure", "vibration limit"
Alarm = Callable[[pd.DataFrame], np.ndarray]
"""From features to whether a row says that its unit is to be replaced, (n,) of bool."""


def baselines(fleet: Fleet, features: pd.DataFrame, now: pd.Timestamp, prices: Prices) -> dict[str, Alarm]:
    """Who could decide from `now` on without a model; the age and the limit are set on lives known by then."""
    known = known_lives(fleet.readings, fleet.units, now)
    age = best_age(known.life_days, known.weight, prices)
    rise = features["vibration_rise"].to_numpy()[known.judged]
    limit = best_threshold(fleet.readings[known.judged], rise, known.judged_days, prices, known.weight)
    return {
        NOTHING: lambda rows: np.zeros(len(rows), dtype=bool),
        "by age": lambda rows: rows["age_days"].to_numpy() + 1 >= age,
        LIMIT: lambda rows: rows["vibration_rise"].to_numpy() >= limit,
    }


def compare(
    fleet: Fleet,
    features: pd.DataFrame,
    rig: Fleet,
    now: pd.Timestamp,
    rng: np.random.Generator,
    policy: ReplacementPolicy | None = None,
    label_policy: LabelPolicy = "matured",
    names: tuple[str, ...] = tuple(models.MODELS),
) -> tuple[pd.DataFrame, dict[str, Release]]:
    """Every candidate made at `now`, one row each, the best by seen money last; and the releases by name.

    `seen_eur`: saved a day against running to failure, on the held-out units that had failed by `now`, weighted for
    those still running; `tied`: its distance to the best, unit by unit, may be chance. Limits were set on the same
    units, so it flatters. `true_eur`, `true_low`, `true_high`: on the units of the `rig`, all run to failure, which
    nothing was set on, with a 95 % interval over units. `failures`: the share of rig units that fail all the same.
    `over_limit`, `over_low`, `over_high`: what a candidate saves there beyond the vibration limit, unit by unit. No
    interval here holds the luck of what rules and models were fitted on.
    """
    policy, positions = policy or ReplacementPolicy(), fleet.units["position"].nunique()
    learned = (fleet.readings, fleet.units, features, now)
    releases = {name: fit_release(*learned, name, policy, label_policy) for name in names}
    deciders = baselines(fleet, features, now, policy.prices) | {n: release.alarms for n, release in releases.items()}
    known, on_rig = known_lives(fleet.readings, fleet.units, now), features_of(rig.readings)
    past, seen, true = fleet.readings[known.judged], {}, {}
    for name, alarm in deciders.items():
        alarms = alarm(features[known.judged])
        seen[name] = outcome(past, alarms, known.judged_days, policy.prices, known.weight)
        true[name] = outcome(rig.readings, alarm(on_rig), rig.units["life_days"], policy.prices)
    saved = {name: saved_by_unit(result, seen[NOTHING], positions) for name, result in seen.items()}
    judged = paired_comparison(saved, known.judged_days.index.to_numpy(), 1, rng, over="units")[["mean", "tied"]]
    records = {}
    for name, result in true.items():
        saved_eur = saved_by_unit(result, true[NOTHING], positions)
        found = clustered_interval(saved_eur, rig.units.index.to_numpy(), 1, rng, over="units")
        failures = float((result.cost_eur == policy.failure_eur).mean())
        records[name] = {"true_eur": found.mean, "true_low": found.low, "true_high": found.high, "failures": failures}
    limit = saved_by_unit(true[LIMIT], true[NOTHING], positions)
    for name, result in true.items():
        lead = saved_by_unit(result, true[NOTHING], positions) - limit
        over = clustered_interval(lead, rig.units.index.to_numpy(), 1, rng, over="units")
        records[name] |= {"over_limit": over.mean, "over_low": over.low, "over_high": over.high}
    return judged.rename(columns={"mean": "seen_eur"}).join(pd.DataFrame(records).T), releases


def train(
    run: Run,
    fleet: Fleet,
    rig: Fleet,
    rng: np.random.Generator,
    policy: ReplacementPolicy | None = None,
    label_policy: LabelPolicy = "matured",
    now: pd.Timestamp | None = None,
    tell: Callable[[str], None] = lambda text: None,
    **options: Any,
) -> pd.DataFrame:
    """Adds a release to `run`, in a new run a promoted one, and gives the comparison that chose it.

    `rig`: units run to failure, used for nothing but the test. `now`: the day of the release; the end of `fleet` if not
    given.
    """
    policy, now = policy or ReplacementPolicy(), now or fleet.now
    tables = {"readings": fleet.readings, "units": fleet.units.reset_index()}
    learned = run.learns_from(__package__, fleet.card, tables, now)
    tell(f"features of {len(fleet.readings):,} readings")
    features = features_of(fleet.readings)
    tell("fitting and comparing the candidates on lives known by now")
    table, releases = compare(fleet, features, rig, now, rng, policy, label_policy, **options)
    name = cheapest_tied(table, tuple(models.MODELS), "seen_eur")
    release = releases[name]
    test = Interval(*(float(table.loc[name, f"true_{end}"]) for end in ("eur", "low", "high")), over="units")
    ends, on_rig, life = policy.prices, features_of(rig.readings), rig.units["life_days"]
    interval = partial(clustered_interval, cluster=rig.units.index.to_numpy(), periods=1, rng=rng, over="units")
    idle = outcome(rig.readings, np.zeros(len(rig.readings), dtype=bool), life, ends)

    def worth(one: Release) -> np.ndarray:
        alarms = one.alarms(on_rig)
        return saved_by_unit(outcome(rig.readings, alarms, life, ends), idle, fleet.units["position"].nunique())

    running = fleet.units.index[~(fleet.units["ended"] <= now)]  # what is gone sends nothing more
    past = fleet.readings[fleet.readings["unit_id"].isin(running) & (fleet.readings["time"] < now)]
    record = DecisionRecord(
        f"{name}, units chosen by {policy.by} from {release.threshold:.4g}, {policy.crew_per_day} replacements a day, "
        f"labels {label_policy}",
        table,
        test,
        "units wear next year as they did this year, and what a failure costs is known.",
        "reads the sensors again, if a calibration was wrong",
        models=tuple(models.MODELS),
        why_a_model="A rule says when to replace, not how long a unit will last, which plans the crew's week; no lead "
        "in money is claimed over it.",
        gains=gains(run, Release.read, worth, release, np.zeros(len(life)), interval),
        tested_on="units run to failure on a rig",
    )
    record.file(
        run,
        learned,
        with_monitor(release.save, monitor_of(features, fleet.readings, now)),
        lambda: MaintenanceStore(run.store).remember_history(past).close(),
    )
    return table


def coverage_by_unit(release: Release, fleet: Fleet, features: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Half of the units of `fleet`, run to failure, set the interval, days, for the others: see `coverage_by_group`."""
    left = np.clip(days_left(fleet.readings, fleet.units["life_days"]), 0, CAP_DAYS)
    error = np.abs(release.remaining(features) - left)
    return coverage_by_group(error, fleet.readings["unit_id"].to_numpy(), rng, models.COVERAGE)


def price_sweep(
    release: Release, fleet: Fleet, rig: Fleet, now: pd.Timestamp, features: pd.DataFrame, ratios: list[float]
) -> pd.DataFrame:
    """EUR a day at all positions, on the rig, at each price ratio of a failure to a planned replacement.

    A column a rule: running to failure, replacing at the best age, replacing by the release's model at the best
    threshold. Ages and thresholds are set anew for each ratio on the lives known at `now`.
    """
    known = known_lives(fleet.readings, fleet.units, now)
    past, on_rig = fleet.readings[known.judged], features_of(rig.readings)
    risk, rig_risk = (models.risk(release.remaining(rows)) for rows in (features[known.judged], on_rig))
    rig_age, positions = on_rig["age_days"].to_numpy() + 1, fleet.units["position"].nunique()
    rows = {}
    for ratio in ratios:
        price = Prices(PLANNED_EUR, ratio * PLANNED_EUR)
        alarms = {
            NOTHING: np.zeros(len(on_rig), dtype=bool),
            "by age": rig_age >= best_age(known.life_days, known.weight, price),
            "by prediction": rig_risk >= best_threshold(past, risk, known.judged_days, price, known.weight),
        }
        life = rig.units["life_days"]
        rows[ratio] = {
            name: positions * outcome(rig.readings, alarm, life, price).rate for name, alarm in alarms.items()
        }
    return pd.DataFrame(rows).T.rename_axis("price ratio")


def look_sweep(
    release: Release, plant: Fleet, limits: Sequence[float], looks_a_day: int, rng: np.random.Generator, days: int = 60
) -> pd.DataFrame:
    """What `looked_after` gives on the last `days` of `plant` at each limit of the risk, a row a limit."""
    late = (plant.readings["time"] >= plant.now - days * DAY).to_numpy()
    risk, rows = models.risk(release.remaining(features_of(plant.readings)[late])), plant.readings[late]
    found = [looked_after(rows, risk >= limit, plant.units, looks_a_day, rng) for limit in limits]
    return pd.DataFrame(found, index=pd.Index(limits, name="limit"))


def engine_protocol(
    engines: Engines, seed: int = 0, settings: tuple[tuple[str, tuple[int, int]], ...] = ENGINE_SETTINGS
) -> pd.DataFrame:
    """The settings compared on the training engines alone; the best of them, and only it, scored once on the test.

    `validated`: RMSE on training engines that the model has not learned from, cut at random cycles. Of the chosen
    setting and of "constant", the mean of the training labels, the figures of `remaining_scores` on the last cycles of
    the test engines. Published figures are of FD001, and stand below only where that is what was read.
    """
    require_groups(engines.train["unit"], 3, "engines to learn from", engines.card.source)
    rng, label = np.random.default_rng(seed), cycles_left(engines.train).clip(upper=CMAPSS_CAP).to_numpy(float)
    parts, last = engines.relative(), engines.test.groupby("unit")["cycle"].idxmax().to_numpy()
    tables = {windows: [_engine_features(part, windows) for part in parts] for _, windows in settings}
    text = {setting: f"{setting[0]}, windows {setting[1][0]} and {setting[1][1]}" for setting in settings}
    records: dict[str, dict[str, float]] = {}
    for name, windows in settings:
        found = validated_rmse(partial(_learned, name, tables[windows][0], label), engines.train, label, rng)
        records[text[name, windows]] = {"validated": found}
    chosen = min(settings, key=lambda setting: records[text[setting]]["validated"])
    learn, test = tables[chosen[1]]
    found = np.clip(models.fit(chosen[0], learn, label, seed).predict(test.to_numpy()[last]), 0, CMAPSS_CAP)
    constant = np.full(len(last), label.mean())
    records[text[chosen]] |= remaining_scores(found, engines.test_rul, CMAPSS_CAP, rng)
    records["constant"] = remaining_scores(constant, engines.test_rul, CMAPSS_CAP, rng)
    table = pd.DataFrame(records).T.rename_axis("model")
    if engines.card.name.endswith("FD001"):
        table = pd.concat([table, pd.DataFrame({"RMSE": CMAPSS_PUBLISHED})])
    return table


def _learned(
    name: str, features: pd.DataFrame, label: np.ndarray, learn: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    model = models.fit(name, features.iloc[learn], label[learn])
    return lambda rows: np.clip(model.predict(features.to_numpy()[rows]), 0, CMAPSS_CAP)


def _engine_features(table: pd.DataFrame, windows: tuple[int, int]) -> pd.DataFrame:
    """The features of units for engines, a cycle as a day, without the values of a single cycle."""
    sensors = [name for name in table if name.startswith("sensor")]
    time = np.datetime64("2000-01-01", "us") + table["cycle"].to_numpy() * np.timedelta64(1, "D")
    age = table["cycle"].to_numpy() - 1
    columns = rolling(table["unit"].to_numpy(), time, age, table, sensors, windows)
    smooth = {name: column for name, column in columns.items() if name.endswith(OF_A_SENSOR[1:])}
    return pd.DataFrame({"age": age.astype(float), **smooth})
