"""From a fleet to a run folder: candidates compared, the chosen one fitted, tested and written down.

And two questions about evaluation: what a split by rows promises that a split by units does not keep, and the
protocol of C-MAPSS (A. Saxena, K. Goebel, D. Simon and N. Eklund, PHM 2008): learn from engines run to failure, predict
the cycles left after the last cycle of each test engine; labels capped at 125, as is usual there.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from case_studies.maintenance import models
from case_studies.maintenance.data import between
from case_studies.maintenance.features import OF_A_SENSOR, features_of, rolling
from case_studies.maintenance.labels import CAP_DAYS, LabelPolicy
from case_studies.maintenance.models import Release, fit_release, held_out, known_lives
from case_studies.maintenance.policy import (
    PLANNED_EUR,
    Outcome,
    ReplacementPolicy,
    best_age,
    best_threshold,
    outcome,
    saved_by_unit,
)
from case_studies.maintenance.service import MaintenanceStore
from mlsd_lib.datasets.fleet import Engines, Fleet
from mlsd_lib.modeling import (
    DecisionRecord,
    Interval,
    Run,
    cheapest_tied,
    clustered_interval,
    paired_comparison,
)

CMAPSS_CAP = 125
CMAPSS_PUBLISHED = {"published: CNN": 18.45, "published: LSTM": 16.14, "published: about the best": 11.0}
"""RMSE on FD001, last cycles, cap 125."""
NOTHING = "run to failure"


def candidates(
    fleet: Fleet,
    features: pd.DataFrame,
    now: pd.Timestamp,
    policy: ReplacementPolicy,
    label_policy: LabelPolicy = "known by now",
    seed: int = 0,
    names: tuple[str, ...] = tuple(models.MODELS),
) -> dict[str, tuple[Callable[[pd.DataFrame], np.ndarray], Any]]:
    """Who could decide from `now` on: by name, a function from features to alarms (n,), and the release behind it.

    Baselines first. What each needs (an age, a limit) is set at `now` on lives known by then.
    """
    lives, weight = known_lives(fleet.units, now)
    age = best_age(lives.to_numpy(), weight.to_numpy(), policy.failure_eur)
    apart = held_out(fleet.readings["unit_id"]) & fleet.readings["unit_id"].isin(lives.index).to_numpy()
    judged = fleet.readings[apart]
    rise = features["vibration_rise"].to_numpy()[apart]
    limit = best_threshold(judged, rise, lives[held_out(lives.index)], policy.failure_eur, weight)
    found: dict[str, tuple[Callable[[pd.DataFrame], np.ndarray], Any]] = {
        NOTHING: (lambda rows: np.zeros(len(rows), dtype=bool), None),
        "by age": (lambda rows: rows["age_days"].to_numpy() + 1 >= age, None),
        "vibration limit": (lambda rows: rows["vibration_rise"].to_numpy() >= limit, None),
    }
    for name in names:
        release = fit_release(fleet.readings, fleet.units, features, now, name, policy, label_policy, seed)
        found[name] = (_alarms_of(release), release)
    return found


def _alarms_of(release: Release) -> Callable[[pd.DataFrame], np.ndarray]:
    return lambda rows: release.value(rows) >= release.threshold


def compare(
    fleet: Fleet,
    features: pd.DataFrame,
    rig: Fleet,
    now: pd.Timestamp,
    rng: np.random.Generator,
    policy: ReplacementPolicy | None = None,
    label_policy: LabelPolicy = "known by now",
    **options: Any,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Every candidate made at `now`, one row each, the best by seen money last; and the releases by name.

    `seen_eur`: saved a day against running to failure, on the held-out units that had failed by `now`, weighted for
    those still running; `tied`: its distance to the best, unit by unit, may be chance. Limits were set on the same
    units, so it flatters. `true_eur`, `true_low`, `true_high`: on the units of the `rig`, all run to failure, which
    nothing was set on, with a 95 % interval over units. `failures`: the share of rig units that fail all the same.
    """
    policy = policy or ReplacementPolicy()
    positions = fleet.units["position"].nunique()
    lives, weight = known_lives(fleet.units, now)
    ours = lives[held_out(lives.index)]
    apart = fleet.readings["unit_id"].isin(ours.index).to_numpy() & (fleet.readings["time"] < now).to_numpy()
    on_rig = features_of(rig.readings)
    seen: dict[str, Outcome] = {}
    true: dict[str, Outcome] = {}
    deciders = candidates(fleet, features, now, policy, label_policy, **options)
    for name, (alarm, _) in deciders.items():
        past = fleet.readings[apart]
        seen[name] = outcome(past, alarm(features[apart]), ours, policy.failure_eur, weight)
        true[name] = outcome(rig.readings, alarm(on_rig), rig.units["life_days"], policy.failure_eur)
    saved = {name: saved_by_unit(one, seen[NOTHING], positions) for name, one in seen.items()}
    judged = paired_comparison(saved, ours.index.to_numpy(), 1, rng)[["mean", "tied"]]
    records = {}
    for name, one in true.items():
        found = clustered_interval(saved_by_unit(one, true[NOTHING], positions), rig.units.index.to_numpy(), 1, rng)
        failures = float((one.cost_eur == policy.failure_eur).mean())
        records[name] = {"true_eur": found.mean, "true_low": found.low, "true_high": found.high, "failures": failures}
    table = judged.rename(columns={"mean": "seen_eur"}).join(pd.DataFrame(records).T)
    return table, {name: release for name, (_, release) in deciders.items() if release is not None}


def train(
    run: Run,
    fleet: Fleet,
    rig: Fleet,
    rng: np.random.Generator,
    policy: ReplacementPolicy | None = None,
    label_policy: LabelPolicy = "known by now",
    now: pd.Timestamp | None = None,
    tell: Callable[[str], None] = lambda text: None,
    **options: Any,
) -> pd.DataFrame:
    """Fills the new folder `run` with a promoted release, and gives the comparison that chose it.

    `rig`: units run to failure, used for nothing but the test. `now`: the day of the release; the end of `fleet` if not
    given.
    """
    policy, now = policy or ReplacementPolicy(), now or fleet.now
    tell(f"features of {len(fleet.readings):,} readings")
    features = features_of(fleet.readings)
    tell("fitting and comparing the candidates on lives known by now")
    table, releases = compare(fleet, features, rig, now, rng, policy, label_policy, **options)
    name = cheapest_tied(table, tuple(models.MODELS), "seen_eur")
    release = releases[name]
    test = Interval(*(float(table.loc[name, f"true_{end}"]) for end in ("eur", "low", "high")))
    run.release(release.save, "v1", "first release")
    MaintenanceStore(run.store).remember_history(
        fleet.readings[between(fleet.readings["time"], _start(fleet), now)]
    ).close()
    tables = {"readings": fleet.readings, "units": fleet.units.reset_index()}
    decision_of(release, label_policy, table, test).write_into(run, fleet.card, tables, now)
    return table


def decision_of(release: Release, label_policy: LabelPolicy, table: pd.DataFrame, test: Interval) -> DecisionRecord:
    """What was decided, against what, on which assumption, and how to go back."""
    return DecisionRecord(
        "v1",
        f"{release.model_name}, units chosen by {release.policy.by} from {release.threshold:.4g}, "
        f"{release.policy.crew_per_day} replacements a day, labels {label_policy}",
        table,
        "seen_eur",
        "EUR saved a day",
        test,
        "units wear next year as they did this year, and what a failure costs is known.",
        "`releases/` keeps every release; roll the registry back, and read the sensors again if a calibration was "
        "wrong (`python -m case_studies.maintenance rollback --help`).",
        "units run to failure on a rig",
    )


def _start(fleet: Fleet) -> pd.Timestamp:
    return fleet.readings["time"].iloc[0]


def split_trial(fleet: Fleet, features: pd.DataFrame, rng: np.random.Generator, units: int = 60) -> dict[str, float]:
    """R2 of a forest on the uncapped remaining life of whole lives, validated on rows, on units, and on units fresh.

    `fleet`: units run to failure. The forest learns from `units` of them. "random rows" holds out a fifth of the rows,
    "whole units" a fifth of the units; "new units" are all the others, which is what both estimate.
    """
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.metrics import r2_score

    unit, left = fleet.readings["unit_id"].to_numpy(), _days_left(fleet)
    chosen = rng.permutation(np.unique(unit))
    pool = np.isin(unit, chosen[:units])
    apart = {"random rows": pool & (rng.random(len(unit)) < 0.2), "whole units": np.isin(unit, chosen[: units // 5])}
    rows = features.to_numpy()

    def forest(learn: np.ndarray, test: np.ndarray) -> float:
        fitted = ExtraTreesRegressor(40, random_state=0).fit(rows[learn], left[learn])
        return float(r2_score(left[test], fitted.predict(rows[test])))

    found = {name: forest(pool & ~test, test) for name, test in apart.items()}
    return found | {"new units": forest(pool, ~pool)}


def _days_left(fleet: Fleet) -> np.ndarray:
    life = fleet.units["life_days"].reindex(fleet.readings["unit_id"]).to_numpy(float)
    return life - fleet.readings["age_days"].to_numpy()


def coverage_by_unit(release: Release, fleet: Fleet, features: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Half of the units of `fleet`, run to failure, set the interval; of each other unit its share of `covered` rows.

    Indexed by unit, with `one_row`: whether one row drawn from it is covered, which is what the interval promises for
    `COVERAGE` of units; `margin_days` is in the table's `attrs`.
    """
    unit = fleet.readings["unit_id"].to_numpy()
    sets = np.isin(unit, rng.permutation(np.unique(unit))[: len(np.unique(unit)) // 2])
    error = np.abs(release.remaining(features) - np.clip(_days_left(fleet), 0, CAP_DAYS))
    margin = models.margin_days(error[sets], unit[sets], rng)
    rest = pd.DataFrame({"unit_id": unit[~sets], "covered": error[~sets] <= margin})
    by_unit = rest.groupby("unit_id")["covered"]
    table = pd.DataFrame({"covered": by_unit.mean(), "one_row": by_unit.sample(1, random_state=rng).to_numpy()})
    table.attrs["margin_days"] = margin
    return table


def price_sweep(
    release: Release, fleet: Fleet, rig: Fleet, now: pd.Timestamp, features: pd.DataFrame, ratios: list[float]
) -> pd.DataFrame:
    """EUR a day at all positions, on the rig, at each price ratio of a failure to a planned replacement.

    A column a rule: running to failure, replacing at the best age, replacing by the release's model at the best
    threshold. Ages and thresholds are set anew for each ratio on the lives known at `now`.
    """
    lives, weight = known_lives(fleet.units, now)
    ours = lives[held_out(lives.index)]
    apart = fleet.readings["unit_id"].isin(ours.index).to_numpy()
    past, on_rig = fleet.readings[apart], features_of(rig.readings)
    risk, rig_risk = (models.risk(release.remaining(rows)) for rows in (features[apart], on_rig))
    rig_age, positions = rig.readings["age_days"].to_numpy() + 1, fleet.units["position"].nunique()
    rows = {}
    for ratio in ratios:
        price = ratio * PLANNED_EUR
        alarms = {
            NOTHING: np.zeros(len(rig_age), dtype=bool),
            "by age": rig_age >= best_age(lives.to_numpy(), weight.to_numpy(), price),
            "by prediction": rig_risk >= best_threshold(past, risk, ours, price, weight),
        }
        life = rig.units["life_days"]
        rows[ratio] = {one: positions * outcome(rig.readings, alarm, life, price).rate for one, alarm in alarms.items()}
    return pd.DataFrame(rows).T.rename_axis("price ratio")


def engine_protocol(engines: Engines, seed: int = 0, names: tuple[str, ...] = ("linear", "boosted")) -> pd.DataFrame:
    """RMSE (labels capped and not) and NASA's score of the models on the last cycles of the test engines.

    `low` and `high`: the 95 % interval of the capped RMSE over test engines. Published figures are of FD001, and stand
    below only where that is what was read. "constant" predicts the mean of the training labels.
    """
    learn, test = (_engine_features(table, engines.train) for table in (engines.train, engines.test))
    cycle = engines.train.groupby("unit")["cycle"]
    label = np.minimum(cycle.transform("max") - engines.train["cycle"], CMAPSS_CAP).to_numpy(float)
    last = engines.test.groupby("unit")["cycle"].idxmax().to_numpy()
    rng, records = np.random.default_rng(seed), {}
    for name in ("constant", *names):
        if name == "constant":
            found = np.full(len(last), label.mean())
        else:
            found = np.clip(models.fit(name, learn, label, seed).predict(test.to_numpy()[last]), 0, CMAPSS_CAP)
        records[name] = engine_scores(found, engines.test_rul, rng)
    table = pd.DataFrame(records).T.rename_axis("model")
    if engines.card.name.endswith("FD001"):
        table = pd.concat([table, pd.DataFrame({"RMSE": CMAPSS_PUBLISHED})])
    return table


def engine_scores(found: np.ndarray, true: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    """RMSE with the true cycles capped, its interval over engines, RMSE without the cap, and NASA's score."""
    square = (found - np.minimum(true, CMAPSS_CAP)) ** 2
    drawn = np.sqrt(square[rng.integers(0, len(true), (1_000, len(true)))].mean(axis=1))
    late = found - np.minimum(true, CMAPSS_CAP)
    score = np.where(late < 0, np.expm1(-late / 13), np.expm1(late / 10)).sum()
    low, high = np.percentile(drawn, [2.5, 97.5])
    uncapped = float(np.sqrt(((found - true) ** 2).mean()))
    return {"RMSE": float(np.sqrt(square.mean())), "low": low, "high": high, "RMSE_uncapped": uncapped, "score": score}


def _engine_features(table: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """The features of section 2 for engines, a cycle as a day; sensors relative to their condition of operation."""
    sensors = [name for name in table if name.startswith("sensor")]
    conditions = [name for name in table if name.startswith("setting")]
    keys = [frame[conditions].round(1).astype(str).agg(" ".join, axis=1) for frame in (table, reference)]
    if keys[1].nunique() > 10:  # sea level: the settings only tremble
        keys = [pd.Series("", index=frame.index) for frame in (table, reference)]
    by_condition = reference[sensors].groupby(keys[1].to_numpy())
    mean, spread = by_condition.mean(), by_condition.std().fillna(0)
    known = keys[0].where(keys[0].isin(mean.index), mean.index[0]).to_numpy()
    usual = np.maximum(spread.loc[known].to_numpy(), 1e-9)
    varies = (spread.max() > 1e-6).to_numpy()
    scaled = np.where(varies, (table[sensors].to_numpy() - mean.loc[known].to_numpy()) / usual, 0.0)
    kept = [name for name, moves in zip(sensors, varies, strict=True) if moves]
    values = pd.DataFrame(scaled, columns=sensors)[kept]
    time = np.datetime64("2000-01-01", "us") + table["cycle"].to_numpy() * np.timedelta64(1, "D")
    age = table["cycle"].to_numpy() - 1
    columns = rolling(table["unit"].to_numpy(), time, age, values, kept)
    smooth = {name: one for name, one in columns.items() if name.endswith(OF_A_SENSOR[1:])}
    return pd.DataFrame({"age": age.astype(float), **smooth})
