"""*Your turn* in the lessons on compute requirements."""

import math

import numpy as np

from mlsd_lib.lesson import Turns

check = Turns()

MODELS = {"large": (98.0, 1_000, 50.0), "hungry": (97.0, 400, 30.0), "small": (95.0, 20, 1.0)}

"""Accuracy (%), size (KB), energy of an answer (uJ)."""


@check.turn("ridge-rows", (256, 256, 8), (4096, 4096, 20), (1024, 256, 10), (64, 64, 20))
class RidgeRows:
    """Solve 2 B i o / (4 (i o + B i + B o)) >= ridge for B, and look at the sign of what you divide by."""

    def right(inputs, outputs, ridge):
        weights = inputs * outputs
        gained_a_row = weights - 2 * ridge * (inputs + outputs)
        if gained_a_row <= 0:
            return None
        return math.ceil(2 * ridge * weights / gained_a_row)

    def counts_the_weights_alone(inputs, outputs, ridge):
        """Inputs and outputs move too, and grow with the rows."""
        return math.ceil(2 * ridge)

    def rounds_down(inputs, outputs, ridge):
        """Below the whole number the ridge is not reached: round up."""
        gained_a_row = inputs * outputs - 2 * ridge * (inputs + outputs)
        return int(2 * ridge * inputs * outputs / gained_a_row) if gained_a_row > 0 else None

    def divides_by_what_may_be_negative(inputs, outputs, ridge):
        """With ever more rows the intensity only nears a limit; here that lies below the ridge."""
        weights = inputs * outputs
        return math.ceil(2 * ridge * weights / (weights - 2 * ridge * (inputs + outputs)))


@check.turn(
    "may-flip", ([[2.0, 1.0], [0.9, 1.0]], 0.1), ([[1.0, 1.15]], 0.1), ([[0.0, 3.0, 2.95], [3.0, 2.95, -5.0]], 0.1)
)
class MayFlip:
    """Sort each row; the gap between its last two entries is the margin."""

    def right(logits, movement):
        ordered = np.sort(logits, axis=1)
        return [bool(gap <= 2 * movement) for gap in ordered[:, -1] - ordered[:, -2]]

    def one_logit_moves(logits, movement):
        """Both logits may move, and towards each other: count the movement twice."""
        return MayFlip.right(logits, movement / 2)

    def first_two_classes(logits, movement):
        """Compare the two largest logits of the row, wherever they stand."""
        return [bool(abs(row[0] - row[1]) <= 2 * movement) for row in logits]

    def largest_and_smallest(logits, movement):
        """The smallest logit does not matter: compare the two largest."""
        return [bool(max(row) - min(row) <= 2 * movement) for row in logits]


@check.turn(
    "mixed-day",
    ([10, 10], 1, 20, 0.04, 1e-6),
    ([10, 50], 1, 20, 0.04, 1e-6),
    ([50], 2, 20, 0.04, 1e-6),
    ([10, 50], 0, 20, 0.04, 1e-6),
)
class MixedUsd:
    """Each hour: servers * server_hour_usd, plus the calls beyond servers * capacity_per_s, if there are any."""

    def right(rates_per_s, servers, capacity_per_s, server_hour_usd, call_usd):
        total = 0.0
        for rate in rates_per_s:
            beyond = max(0, rate - servers * capacity_per_s)
            total += servers * server_hour_usd + beyond * 3600 * call_usd
        return total

    def sells_idle_capacity_back(rates_per_s, servers, capacity_per_s, server_hour_usd, call_usd):
        """A quiet hour earns nothing back: what exceeds the servers is never negative."""
        beyond = sum(rate - servers * capacity_per_s for rate in rates_per_s)
        return len(rates_per_s) * servers * server_hour_usd + max(0, beyond) * 3600 * call_usd

    def sells_it_back_hour_by_hour(rates_per_s, servers, capacity_per_s, server_hour_usd, call_usd):
        """A quiet hour earns nothing back: what exceeds the servers is never negative."""
        beyond = sum(rate - servers * capacity_per_s for rate in rates_per_s)
        return len(rates_per_s) * servers * server_hour_usd + beyond * 3600 * call_usd

    def pays_for_use_alone(rates_per_s, servers, capacity_per_s, server_hour_usd, call_usd):
        """The server costs the same in every hour."""
        total = 0.0
        for rate in rates_per_s:
            used = min(1, rate / (servers * capacity_per_s)) if servers else 0
            beyond = max(0, rate - servers * capacity_per_s)
            total += used * servers * server_hour_usd + beyond * 3600 * call_usd
        return total

    def takes_an_hour_for_a_second(rates_per_s, servers, capacity_per_s, server_hour_usd, call_usd):
        """A rate is a second's: an hour has 3,600 of them."""
        beyond = sum(max(0, rate - servers * capacity_per_s) for rate in rates_per_s)
        return len(rates_per_s) * servers * server_hour_usd + beyond * call_usd

    def one_servers_capacity(rates_per_s, servers, capacity_per_s, server_hour_usd, call_usd):
        """Two servers take twice the capacity."""
        beyond = sum(max(0, rate - capacity_per_s) for rate in rates_per_s)
        return len(rates_per_s) * servers * server_hour_usd + beyond * 3600 * call_usd


@check.turn("largest-rounding", ([0.5, -1.27], 8), ([3.0, 1.0], 2), ([0.7, 0.1, -0.2], 4), ([0.0, 0.0], 8))
class LargestRounding:
    """How far apart are two neighbouring values that the row can take? That distance is the scale."""

    def right(weights, bits):
        step = max(abs(weight) for weight in weights) / (2 ** (bits - 1) - 1)
        return step / 2

    def a_whole_step(weights, bits):
        """Rounding to the nearest whole number moves by half a step at most."""
        return max(abs(weight) for weight in weights) / (2 ** (bits - 1) - 1)

    def forgets_the_sign(weights, bits):
        """The largest weight may be negative: compare sizes without the sign."""
        return max(weights) / (2 ** (bits - 1) - 1) / 2

    def all_numbers_on_one_side(weights, bits):
        """Both signs share the whole numbers: 8 bits reach from -127 to 127."""
        return max(abs(weight) for weight in weights) / (2**bits - 1) / 2


@check.turn(
    "device-choice",
    (MODELS, 512, 2_400, 100_000_000),
    (MODELS, 512, 2_400, 10_000_000),
    (MODELS, 400, 3_000, 100_000_000),
    (MODELS, 10, 2_400, 10_000_000),
)
class Chosen:
    """First the energy that one answer may take, in uJ; then the models that fit; then the best of them."""

    def right(models, flash_kb, cell_j, answers):
        budget_uj = 1e6 * cell_j / answers
        fitting = [name for name, (_, kb, uj) in models.items() if kb <= flash_kb and uj <= budget_uj]
        return max(fitting, key=lambda name: models[name][0], default=None)

    def looks_at_the_bytes_alone(models, flash_kb, cell_j, answers):
        """It fits the flash, but each answer may take only a share of the cell's energy."""
        return Chosen.right(models, flash_kb, math.inf, answers)

    def looks_at_the_energy_alone(models, flash_kb, cell_j, answers):
        """It does not fit the flash."""
        return Chosen.right(models, math.inf, cell_j, answers)

    def takes_the_smallest(models, flash_kb, cell_j, answers):
        """Of the models that fit, take the most accurate."""
        fitting = [name for name, (_, kb, uj) in models.items() if kb <= flash_kb and uj <= 1e6 * cell_j / answers]
        return min(fitting, key=lambda name: models[name][1], default=None)

    def leaves_a_budget_unused(models, flash_kb, cell_j, answers):
        """What needs exactly a budget fits."""
        fitting = [name for name, (_, kb, uj) in models.items() if kb < flash_kb and uj < 1e6 * cell_j / answers]
        return max(fitting, key=lambda name: models[name][0], default=None)
