"""Groups of real processes: they answer, they say who is lost, and they are gone afterwards, whoever ended."""

import os
import signal
import subprocess
import sys

import cloudpickle
import numpy as np
import psutil
import pytest
import torch
import torch.distributed as dist
from torch import nn

from lessons.scaling import distributed_steps as steps
from lessons.scaling.memory import peak_bytes
from lessons.scaling.resumable import save, train
from lessons.scaling.ring import ring_all_reduce
from lessons.scaling.sharded_training import WAYS, train_sharded
from mlsd_lib.modeling import ModelingError, process_group
from mlsd_lib.modeling.process_group import ProcessGroup, RanksFailed
from tests.waiting import ended, until

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # as what a notebook defines
loss_of = nn.functional.binary_cross_entropy_with_logits
ROWS = 24


@pytest.fixture(scope="module")
def pair():
    with ProcessGroup(2) as group:
        yield group


def data():
    torch.manual_seed(1)
    return torch.randn(ROWS, 3), (torch.rand(ROWS) < 0.5).float()


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))


def gradient(model, x, y):
    model.zero_grad()
    loss_of(model(x).squeeze(1), y).backward()
    return torch.cat([parameter.grad.flatten() for parameter in model.parameters()])


def gone(pids):
    until(lambda: ended(pids), "the end of the processes")


def collective(rank, number):
    total = torch.tensor([float(number * rank)])
    dist.all_reduce(total)
    return rank, float(total), os.getpid()


def for_ever(rank):
    while True:
        dist.all_reduce(torch.zeros(1))


def raises(rank):
    if rank == 1:
        raise ValueError("no such row. And more words")
    dist.all_reduce(torch.zeros(1))


def test_each_rank_answers_in_its_own_process(pair):
    answers = pair.run(collective, 7)
    assert [answer[:2] for answer in answers] == [(0, 7.0), (1, 7.0)]
    assert [answer[2] for answer in answers] == [pair.pids[0], pair.pids[1]]
    assert os.getpid() not in pair.pids.values()


def test_it_listens_on_loopback_alone(pair):
    connections = [
        connection for pid in pair.pids.values() for connection in psutil.Process(pid).net_connections("inet")
    ]
    assert connections
    assert {connection.laddr.ip for connection in connections} == {"127.0.0.1"}


def test_a_killed_rank_is_named_and_the_others_do_not_wait_for_it():
    with ProcessGroup(2) as group:
        pids = list(group.pids.values())
        group.begin(for_ever)
        group.kill(1)
        with pytest.raises(RanksFailed, match=r"rank 1: killed by signal 9.*begin a new one") as failure:
            group.collect()
        assert set(failure.value.told) == {0, 1}
        with pytest.raises(ModelingError, match="lost a rank"):
            group.run(collective, 1)
    gone(pids)


def test_a_rank_that_raises_is_told_with_its_words_and_nobody_waits_for_it(monkeypatch):
    monkeypatch.setattr(process_group, "GRACE_S", 0.2)  # and not the minute after which gloo gives up
    with ProcessGroup(2) as group, pytest.raises(RanksFailed) as failure:
        group.run(raises)
    assert failure.value.told == {0: "still waited for the others, and was ended", 1: "ValueError: no such row"}


def test_a_group_that_was_closed_refuses_and_leaves_nothing():
    group = ProcessGroup(1)
    pids = [*group.pids.values(), group._launcher.pid]
    group.begin(for_ever)
    with pytest.raises(ModelingError, match="at work"):
        group.begin(for_ever)
    group.close()
    group.close()
    gone(pids)
    with pytest.raises(ModelingError, match="has ended"):
        group.run(collective, 1)


@pytest.mark.parametrize("victim", ["parent", "launcher"])
def test_ranks_end_with_their_parent_and_with_their_launcher(victim):
    code = (
        "import time; from mlsd_lib.modeling.process_group import ProcessGroup\n"
        "group = ProcessGroup(1); print(group._launcher.pid, *group.pids.values(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        launcher, *ranks = [int(word) for word in parent.stdout.readline().split()]
        os.kill(parent.pid if victim == "parent" else launcher, signal.SIGKILL)
        gone(ranks)
        parent.kill()
    gone([launcher])


def test_no_process_is_no_group():
    with pytest.raises(ModelingError, match="size is 0"):
        ProcessGroup(0)


def test_two_stages_give_the_gradient_of_the_whole_network(pair):
    x, y = data()
    model = network()
    for parts in (1, 3):
        halves = pair.run(steps.two_stages, [model[:1], model[1:]], x, y, loss_of, parts)
        assert torch.allclose(torch.cat(halves), gradient(network(), x, y), atol=1e-6)


@pytest.mark.parametrize("way", ["ring", "server", "gloo"])
def test_every_way_gives_the_sum_and_counts_what_it_sends(pair, way):
    vectors = np.arange(8, dtype=np.float32).reshape(2, 4)
    ways = {"ring": (steps.by_ring, vectors, ring_all_reduce), "server": (steps.by_server, vectors)}
    for total, sent in pair.run(*ways.get(way, (steps.by_gloo, vectors))):
        assert np.array_equal(total, vectors.sum(axis=0))
        assert np.isnan(sent) if way == "gloo" else sent == 16  # of two ranks each sends 4 numbers, 4 bytes each


def test_alone_and_together_are_both_timed(pair):
    x, y = data()
    taken_s = pair.run(steps.alone_and_together_s, gradient, network(), x, y, 3)[0]
    assert taken_s.shape == (3, 2)
    assert (taken_s > 0).all()


def test_sharded_or_not_the_losses_are_the_same_and_the_bytes_are_zeros_arithmetic(pair):
    x, y = data()
    ran = {way: pair.run(train_sharded, way, network(), loss_of, x, y, 0.01) for way in WAYS}
    count = sum(parameter.numel() for parameter in network().parameters())
    for ranks in ran.values():
        assert np.allclose([losses for losses, _ in ranks], [losses for losses, _ in ran[WAYS[0]]], rtol=1e-4)
    totals = {way: sum(held.total for _, held in ranks) / count for way, ranks in ran.items()}
    assert totals[WAYS[0]] == 2 * 16
    assert totals[WAYS[1]] == 2 * 8 + 8
    assert totals[WAYS[2]] == 16


def run_with(group, path, **how):
    x, y = data()
    how = {"rate": 0.01, "steps": 12, "every": 4, "seed": 3} | how
    return group.run(train_with, path, x, y, how)[0]


def train_with(rank, path, x, y, how):
    return train(rank, path, network(), loss_of, x, y, **how)


def test_a_resumed_run_ends_at_the_same_loss_and_an_incomplete_checkpoint_does_not(pair, tmp_path):
    whole, from_start = run_with(pair, tmp_path / "whole.pt")
    run_with(pair, tmp_path / "cut.pt", steps=8)
    saved = (tmp_path / "cut.pt").read_bytes()
    again, went_on_after = run_with(pair, tmp_path / "cut.pt")
    assert (from_start, went_on_after) == (0, 8)
    assert again == whole
    for part in ("model", "optimizer", "generator"):
        (tmp_path / f"{part}.pt").write_bytes(saved)
        assert run_with(pair, tmp_path / f"{part}.pt", forget=[part])[0] != whole


def test_a_save_that_fails_leaves_the_last_checkpoint(tmp_path):
    save(tmp_path / "run.pt", done=1)
    with pytest.raises(Exception, match="pickle"):
        save(tmp_path / "run.pt", done=2, broken=(one for one in ()))
    assert torch.load(tmp_path / "run.pt") == {"done": 1}


def two_at_a_time(count):
    first = torch.ones(count)
    second = first + 1
    del first
    return second + second


def test_the_peak_is_counted_in_bytes(capfd):
    one, two = peak_bytes(two_at_a_time, [100_000, 200_000])
    assert not capfd.readouterr().err
    assert (one, two) == (pytest.approx(800_000, abs=100), pytest.approx(1_600_000, abs=100))
