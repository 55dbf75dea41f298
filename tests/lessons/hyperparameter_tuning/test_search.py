"""Searches replayed on a table: what they pay, what they see, and what each method promises."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from math import ceil

import numpy as np
import optuna
import pytest

from lessons.hyperparameter_tuning.curve_table import EPOCHS, PART_ROWS, PARTS, SEEDS, SPACE, CurveTable
from lessons.hyperparameter_tuning.search import (
    BudgetSpent,
    Replay,
    brackets,
    grid_search,
    halving_search,
    hyperband_search,
    random_search,
    successive_halving,
    tpe_search,
)
from mlsd_lib.modeling.errors import ModelingError

LAST = EPOCHS[-1]


@pytest.fixture(scope="module")
def table():
    shape = (*map(len, SPACE.values()), SEEDS, len(EPOCHS), PARTS)
    wrong = np.random.default_rng(0).integers(0, PART_ROWS + 1, shape).astype(np.uint8)
    return CurveTable(SPACE, wrong, 1.0)


def replay(table, trainings, seed=0, **options):
    return Replay(table, trainings * LAST, np.random.default_rng(seed), **options)


SEARCHES = {
    "random": random_search,
    "grid": lambda study, rng: grid_search(study, rng, (3, 2, 2, 2)),
    "TPE": tpe_search,
    "halving": halving_search,
    "Hyperband": hyperband_search,
}
each_search = pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)


def test_a_network_that_goes_on_is_paid_for_its_further_epochs_only(table):
    search = replay(table, 1)
    network = search.start((1, 1, 1, 1))
    spent = [(search.train(network, epochs), search.spent)[1] for epochs in EPOCHS]
    assert spent == list(EPOCHS)
    with pytest.raises(BudgetSpent):
        search.train(search.start((0, 0, 0, 0)), 1)
    assert search.spent == LAST


def test_a_network_keeps_its_seed_and_its_error_is_that_of_the_validation_rows(table):
    search = replay(table, 5)
    network = search.start((2, 1, 0, 3))
    errors = [search.train(network, epochs) for epochs in EPOCHS]
    of_seeds = [
        [100 * sum(int(n) for n in row[search.validation]) / (len(search.validation) * PART_ROWS) for row in by_epoch]
        for by_epoch in table.wrong[2, 1, 0, 3]
    ]
    assert sum(errors == pytest.approx(of_seed) for of_seed in of_seeds) == 1


def test_no_row_is_both_seen_and_kept_for_the_test(table):
    search = replay(table, 1, validation_parts=5)
    assert sorted([*search.validation, *search.test]) == list(range(PARTS))
    assert len(search.validation) == 5
    search.train(search.start((0, 0, 0, 0)), LAST)
    [entry] = search.log
    whole = (5 * entry.error + 11 * entry.test_error) / 16
    assert any(whole == pytest.approx(100 * seed.mean() / PART_ROWS) for seed in table.wrong[0, 0, 0, 0, :, -1])


@pytest.mark.parametrize("parts", [0, PARTS])
def test_a_search_without_rows_to_see_or_without_rows_to_test_is_refused(table, parts):
    with pytest.raises(ModelingError, match="validation_parts"):
        replay(table, 1, validation_parts=parts)


def test_an_epoch_that_was_not_measured_or_has_passed_is_refused(table):
    search = replay(table, 5)
    network = search.start((0, 0, 0, 0))
    with pytest.raises(ModelingError, match="cannot be measured after 5"):
        search.train(network, 5)
    search.train(network, 9)
    with pytest.raises(ModelingError, match="cannot be measured after 3"):
        search.train(network, 3)


def test_the_longest_trained_is_chosen_before_the_best(table):
    search = replay(table, 100)
    for number, epochs in enumerate([1, 1, 9, 9, 1, 27, 27, 9]):
        search.train(search.start((number, 0, 0, 0)), epochs)
    for seen, chosen in zip(range(1, 9), search.chosen(), strict=True):
        longest = max(entry.epochs for entry in search.log[:seen])
        assert chosen == min((e for e in search.log[:seen] if e.epochs == longest), key=lambda e: e.error)


def test_regret_is_that_of_the_setting_chosen_by_then_and_unknown_before_the_first(table):
    search = random_search(replay(table, 3), np.random.default_rng(1))
    regret = search.regret([LAST - 1, LAST, 3 * LAST, 99 * LAST])
    assert np.isnan(regret[0])
    assert regret[1] == pytest.approx(table.error[search.log[0].setting] - table.error.min())
    assert regret[2] == regret[3] == pytest.approx(table.error[search.chosen()[-1].setting] - table.error.min())


@each_search
def test_no_search_spends_more_than_its_budget_and_one_seed_gives_one_search(table, search):
    first, again = (search(replay(table, 14), np.random.default_rng(3)) for _ in range(2))
    assert 0.9 * 14 * LAST < first.spent <= 14 * LAST
    assert first.log == again.log
    assert first.log != search(replay(table, 14), np.random.default_rng(4)).log


def test_random_search_draws_no_setting_twice_and_ends_with_the_space(table):
    small = table.fixed(batch_size=16, width=8)
    search = random_search(replay(small, 1_000), np.random.default_rng(0))
    assert sorted(entry.setting for entry in search.log) == search.settings


def test_a_grid_trains_every_combination_of_evenly_spaced_values(table):
    for seed in range(20):
        search = grid_search(replay(table, 100), np.random.default_rng(seed), (5, 2, 4, 1))
        values = [sorted({entry.setting[axis] for entry in search.log}) for axis in range(4)]
        assert [len(distinct) for distinct in values] == [5, 2, 4, 1]
        assert len({entry.setting for entry in search.log}) == len(search.log) == 5 * 2 * 4
        assert set(np.diff(values[0])) == {2}
        assert set(np.diff(values[1])) == {2}


@pytest.mark.parametrize("levels", [(11, 1, 1, 1), (0, 1, 1, 1)])
def test_a_grid_finer_than_the_space_is_refused(table, levels):
    with pytest.raises(ModelingError, match=f"{levels[0]} levels of 10 values"):
        grid_search(replay(table, 5), np.random.default_rng(0), levels)


@pytest.mark.parametrize(("longest", "keep"), [(27, 3), (81, 3), (243, 3), (1000, 10), (8, 2), (1, 3)])
def test_brackets_are_those_of_the_formula_in_exact_arithmetic(longest, keep):
    last = next(s for s in range(20) if keep**s == longest)
    exact = [(ceil(Fraction((last + 1) * keep**s, s + 1)), longest // keep**s) for s in range(last, -1, -1)]
    assert brackets(longest, keep) == exact


def test_brackets_of_a_length_that_is_no_power_are_refused():
    with pytest.raises(ModelingError, match="no power of 3"):
        brackets(30)


def test_halving_keeps_the_best_third_of_each_rung(table):
    search = replay(table, 100)
    successive_halving(search, search.settings[:27], 1)
    assert Counter(entry.epochs for entry in search.log) == {1: 27, 3: 9, 9: 3, 27: 1}
    for epochs in EPOCHS[:-1]:
        rung = [entry for entry in search.log if entry.epochs == epochs]
        kept = [entry.setting for entry in search.log if entry.epochs == 3 * epochs]
        assert kept == [e.setting for e in sorted(rung, key=lambda e: e.error)[: len(kept)]]
    assert search.spent == 27 + 9 * 2 + 3 * 6 + 18


def test_hyperband_runs_all_its_brackets_within_357_epochs(table):
    search = hyperband_search(Replay(table, 357, np.random.default_rng(0)), np.random.default_rng(0))
    rungs = [(27, 9, 3, 1), (0, 12, 4, 1), (0, 0, 6, 2), (0, 0, 0, 4)]
    assert Counter(entry.epochs for entry in search.log) == dict(
        zip(EPOCHS, map(sum, zip(*rungs, strict=True)), strict=True)
    )
    assert search.spent == 357


def test_the_first_ten_of_tpe_ignore_the_results_and_the_later_do_not(table):
    turned = replace(table, wrong=PART_ROWS - table.wrong)
    one, other = (tpe_search(replay(world, 20), np.random.default_rng(5)).log for world in (table, turned))
    same = [a.setting == b.setting for a, b in zip(one, other, strict=True)]
    assert all(same[:10])
    assert not all(same[10:])


def test_tpe_is_quiet_and_leaves_optunas_loudness_as_it_was(table, capfd):
    optuna.logging.set_verbosity(optuna.logging.INFO)
    tpe_search(replay(table, 2), np.random.default_rng(0))
    assert optuna.logging.get_verbosity() == optuna.logging.INFO
    assert capfd.readouterr() == ("", "")
