"""Searches for good settings of a model, replayed on a table of trainings at equal budget.

A search is a function that trains settings, one after the other, until its budget is spent; it never reads the table
but through `Replay.train`. The tree-structured Parzen estimator is Optuna's; what the lesson teaches stands here.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from lessons.hyperparameter_tuning.curve_table import EPOCHS, PART_ROWS, PARTS, SEEDS, CurveTable
from mlsd_lib.modeling.errors import ModelingError

Setting = tuple[int, ...]
"""For each hyperparameter the place of its value among the values that the space offers."""
VALIDATION_PARTS = 4


class BudgetSpent(Exception):
    """The next training would cost more epochs than are left; a search ends there."""


@dataclass(frozen=True)
class Measured:
    """One look at a network: epochs spent by the search so far, its setting, its own epochs, and its errors, %.

    `error` is that of the validation set. The search never sees `test_error`, that of all other rows kept out.
    """

    spent: int
    setting: Setting
    epochs: int
    error: float
    test_error: float


@dataclass
class Replay:
    """One search on the table: a validation set of its own, a seed for each network, and the epochs counted.

    `budget` is in epochs. Networks that are measured twice go on where they were: only further epochs are paid. The
    validation set has `validation_parts` of the table's parts; the others are the test.
    """

    table: CurveTable
    budget: int
    rng: np.random.Generator
    validation_parts: int = VALIDATION_PARTS
    spent: int = field(default=0, init=False)
    log: list[Measured] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        if not 0 < self.validation_parts < PARTS:
            raise ModelingError(
                f"validation_parts is {self.validation_parts} of {PARTS}; a search needs one at least, and one must be "
                "left to test. Take fewer or more."
            )
        shown = self.rng.permutation(PARTS)
        self.validation, self.test = shown[: self.validation_parts], shown[self.validation_parts :]
        self._shown = self.validation.tolist()  # of sixteen numbers Python makes a sum sooner than numpy
        self._networks: list[tuple[Setting, int, int]] = []

    @property
    def settings(self) -> list[Setting]:
        """All that the search may choose from."""
        return list(product(*map(range, self.table.error.shape)))

    def start(self, setting: Setting) -> int:
        """A new network of this setting, under a seed drawn for it, not yet trained; its number."""
        self._networks.append((tuple(setting), int(self.rng.integers(SEEDS)), 0))
        return len(self._networks) - 1

    def train(self, network: int, epochs: int) -> float:
        """Goes on with a network until it has had `epochs`; its validation error, %.

        Raises `BudgetSpent` if that is more than the budget allows, `ModelingError` if the table has no such epoch.
        """
        setting, seed, before = self._networks[network]
        if epochs not in EPOCHS or epochs < before:
            raise ModelingError(
                f"Network {network} has had {before} epochs and cannot be measured after {epochs}; the table was "
                f"measured after {EPOCHS}. Ask for one of these, not before the last."
            )
        if self.spent + epochs - before > self.budget:
            raise BudgetSpent
        self.spent += epochs - before
        self._networks[network] = (setting, seed, epochs)
        wrong = self.table.wrong[(*setting, seed, EPOCHS.index(epochs))].tolist()
        in_shown = sum(wrong[part] for part in self._shown)
        error = 100 / PART_ROWS * in_shown / self.validation_parts
        test_error = 100 / PART_ROWS * (sum(wrong) - in_shown) / (PARTS - self.validation_parts)
        self.log.append(Measured(self.spent, setting, epochs, error, test_error))
        return error

    def chosen(self) -> list[Measured]:
        """For each entry of the log, the one that the search would choose if it ended there.

        That is the lowest validation error among the networks that were trained longest; of equals, the first.
        """
        found: list[Measured] = []
        for measured in self.log:
            best = found[-1] if found else measured
            found.append(measured if (-measured.epochs, measured.error) < (-best.epochs, best.error) else best)
        return found

    def regret(self, spent: Sequence[int]) -> np.ndarray:
        """How much worse the chosen setting is than the best of the table, points of error, by the epochs `spent`.

        Both errors are the table's: full training, mean over seeds and rows. Not a number before the first measurement.
        """
        at = np.searchsorted([measured.spent for measured in self.log], spent, side="right") - 1
        errors = np.array([self.table.error[measured.setting] for measured in self.chosen()])
        return np.where(at < 0, np.nan, errors[at] - self.table.error.min())


def in_turn(replay: Replay, settings: Iterable[Setting]) -> Replay:
    """Trains `settings` fully, one after the other, while the budget lasts."""
    try:
        for setting in settings:
            replay.train(replay.start(setting), EPOCHS[-1])
    except BudgetSpent:
        pass
    return replay


def random_search(replay: Replay, rng: np.random.Generator) -> Replay:
    """Settings drawn at random, none twice (Bergstra and Bengio, 2012)."""
    settings = replay.settings
    return in_turn(replay, (settings[number] for number in rng.permutation(len(settings))))


def grid_search(replay: Replay, rng: np.random.Generator, levels: Sequence[int]) -> Replay:
    """Every combination of `levels` values of each hyperparameter, evenly spaced, in random order.

    Where the grid lies is drawn too: from the first place possible to the last, the same distance between values.
    Raises `ModelingError` if a hyperparameter has fewer values than levels.
    """
    axes = [_evenly(count, level, rng) for count, level in zip(replay.table.error.shape, levels, strict=True)]
    grid = list(product(*axes))
    return in_turn(replay, (grid[number] for number in rng.permutation(len(grid))))


def _evenly(values: int, levels: int, rng: np.random.Generator) -> list[int]:
    if not 1 <= levels <= values:
        raise ModelingError(f"{levels} levels of {values} values; a grid has from 1 to all of them. Ask for fewer.")
    shift = rng.random()
    return [int(values / levels * (level + shift)) for level in range(levels)]


def tpe_search(replay: Replay, rng: np.random.Generator) -> Replay:
    """Settings proposed by Optuna's tree-structured Parzen estimator, each value by its place; the first ten at random.

    Source: J. Bergstra et al., Algorithms for Hyper-Parameter Optimization, 2011.
    """
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=int(rng.integers(2**31))))
    try:
        while True:
            trial = study.ask()
            space = replay.table.space.items()
            setting = tuple(trial.suggest_int(name, 0, len(values) - 1) for name, values in space)
            study.tell(trial, replay.train(replay.start(setting), EPOCHS[-1]))
    except BudgetSpent:
        return replay
    finally:
        optuna.logging.set_verbosity(level)


def successive_halving(
    replay: Replay, settings: Sequence[Setting], epochs: int, keep: int = 3, until: int = EPOCHS[-1]
) -> None:
    """Trains all `settings` for `epochs`, keeps the best of every `keep`, goes on `keep` times as long, and so forth.

    Sources: Z. Karnin et al., Almost Optimal Exploration in Multi-Armed Bandits, 2013; K. Jamieson and A. Talwalkar,
    Non-stochastic Best Arm Identification, 2016.
    """
    alive = [replay.start(setting) for setting in settings]
    while True:
        errors = [replay.train(network, epochs) for network in alive]
        if epochs >= until:
            return
        best = np.argsort(errors, kind="stable")[: max(len(alive) // keep, 1)]
        alive, epochs = [alive[number] for number in best], epochs * keep


def brackets(longest: int, keep: int = 3) -> list[tuple[int, int]]:
    """Hyperband's brackets: how many settings each begins with, and for how many epochs.

    Source: L. Li et al., Hyperband, Journal of Machine Learning Research 18, 2018, algorithm 1. `longest` is a power of
    `keep`.
    """
    last = round(math.log(longest, keep))
    if keep**last != longest:
        raise ModelingError(f"{longest} epochs are no power of {keep}; Hyperband's rungs then meet none. Take one.")
    return [(-(-(last + 1) * keep**s // (s + 1)), longest // keep**s) for s in range(last, -1, -1)]


def halving_search(replay: Replay, rng: np.random.Generator) -> Replay:
    """Successive halving from 27 settings of one epoch each, again and again on new settings."""
    return _repeated(replay, rng, brackets(EPOCHS[-1])[:1])


def hyperband_search(replay: Replay, rng: np.random.Generator) -> Replay:
    """All of Hyperband's brackets, again and again on new settings. A network that is kept goes on where it was."""
    return _repeated(replay, rng, brackets(EPOCHS[-1]))


def _repeated(replay: Replay, rng: np.random.Generator, rounds: Sequence[tuple[int, int]]) -> Replay:
    settings = replay.settings
    try:
        while True:
            for count, epochs in rounds:
                drawn = rng.permutation(len(settings))[:count]
                successive_halving(replay, [settings[number] for number in drawn], epochs)
    except BudgetSpent:
        return replay
