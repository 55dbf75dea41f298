"""The stored learning curves: rows of them trained again, networks in a stack against networks alone, and parts."""

import itertools

import numpy as np
import pytest
import torch

from lessons.hyperparameter_tuning.curve_table import (
    EPOCHS,
    MOMENTUM,
    PART_ROWS,
    PARTS,
    SEEDS,
    SPACE,
    TRAIN_ROWS,
    digits,
    load_table,
    train,
)
from mlsd_lib.modeling.errors import ModelingError


@pytest.fixture(scope="module")
def table():
    return load_table()


def place(name, value):
    return SPACE[name].index(value)


@pytest.mark.parametrize(("rate", "batch_size", "num_layers", "width"), [(0.0464, 64, 2, 16), (0.1, 128, 1, 32)])
def test_rows_of_the_table_come_out_again(table, rate, batch_size, num_layers, width):
    """To within two rows in a hundred: another build of torch rounds otherwise, and early errors are steep."""
    again = train([rate], batch_size, num_layers, width, [2, 5])[0]
    where = [place(*pair) for pair in zip(SPACE, (rate, batch_size, num_layers, width), strict=True)]
    stored = table.wrong[tuple(where)][[2, 5]]
    assert np.abs(again.mean(axis=-1) - stored.mean(axis=-1)).max() / PART_ROWS < 0.02
    other = table.wrong[(0, *where[1:])][[2, 5]]
    assert np.abs(again.mean(axis=-1) - other.mean(axis=-1)).max() / PART_ROWS > 0.1  # so the comparison can fail


def slowly(rate, batch_size, num_layers, width, seed):
    """The same training with torch's own layers and optimiser, one network at a time."""
    rng = np.random.default_rng([seed, batch_size, num_layers, width])
    pixels, labels = (torch.tensor(array) for array in digits())
    made = []
    for ins, outs in itertools.pairwise([64, *[width] * num_layers, 10]):
        layer = torch.nn.Linear(ins, outs)
        layer.weight.data = torch.tensor(rng.normal(0, np.sqrt(2 / ins), (ins, outs)).astype(np.float32)).T.contiguous()
        layer.bias.data.zero_()
        made += [layer, torch.nn.ReLU()]
    network = torch.nn.Sequential(*made[:-1])
    optimizer = torch.optim.SGD(network.parameters(), rate, momentum=MOMENTUM)
    measured = []
    for epoch in range(1, EPOCHS[-1] + 1):
        for rows in torch.tensor(rng.permutation(TRAIN_ROWS)).split(batch_size):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(pixels[rows]), labels[rows]).backward()
            optimizer.step()
        if epoch in EPOCHS:
            is_wrong = network(pixels[TRAIN_ROWS:]).argmax(dim=1) != labels[TRAIN_ROWS:]
            measured.append(is_wrong.reshape(PARTS, PART_ROWS).sum(dim=1).numpy())
    return np.array(measured)


def test_a_stack_of_networks_learns_as_each_would_with_torchs_own_optimiser():
    stacked = train([0.0215, 0.1], 128, 2, 8, [0, 1])
    for (r, rate), seed in itertools.product(enumerate([0.0215, 0.1]), [0, 1]):
        alone = slowly(rate, 128, 2, 8, seed)
        assert np.abs(stacked[r, seed].mean(axis=-1) - alone.mean(axis=-1)).max() / PART_ROWS < 0.02
    assert np.abs(stacked[0, 0] - stacked[0, 1].astype(float)).mean() / PART_ROWS > 0.02  # seeds differ


def test_a_network_that_diverges_takes_none_of_its_neighbours_with_it():
    together, alone = train([0.0464, 1.0], 64, 3, 16, [0]), train([0.0464], 64, 3, 16, [0])
    assert together[1, 0, -1].mean() / PART_ROWS > 0.5
    np.testing.assert_allclose(together[0, 0].mean(axis=-1), alone[0, 0].mean(axis=-1), atol=0.02 * PART_ROWS)


def test_the_table_covers_the_space_and_says_what_it_cost(table):
    assert table.error.shape == tuple(map(len, SPACE.values()))
    assert table.trainings == table.error.size * SEEDS
    assert table.wrong.max() <= PART_ROWS
    assert table.cpu_s > 1


def test_rows_for_training_are_not_among_those_kept_out():
    pixels, labels = digits()
    assert pixels.shape == (TRAIN_ROWS + PARTS * PART_ROWS, 64)
    assert len(labels) == len(pixels)
    assert set(labels[:TRAIN_ROWS]) == set(labels[TRAIN_ROWS:]) == set(range(10))


def test_a_table_of_another_space_is_refused(tmp_path):
    np.savez(tmp_path / "old.npz", wrong=np.zeros((3, 3), np.uint8), cpu_s=1.0)
    with pytest.raises(ModelingError, match="Make it again"):
        load_table(tmp_path / "old.npz")
