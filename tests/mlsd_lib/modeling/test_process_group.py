"""Groups of real processes: they answer, they say who is lost, and they are gone afterwards, whoever ended."""

import os
import signal
import subprocess
import sys

import cloudpickle
import psutil
import pytest
import torch
import torch.distributed as dist
from torch import nn

from lessons.scaling import distributed_steps as steps
from lessons.scaling.memory import peak_bytes
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


def test_alone_and_together_are_both_timed(pair):
    x, y = data()
    taken_s = pair.run(steps.alone_and_together_s, gradient, network(), x, y, 3)[0]
    assert taken_s.shape == (3, 2)
    assert (taken_s > 0).all()


def two_at_a_time(count):
    first = torch.ones(count)
    second = first + 1
    del first
    return second + second


def test_the_peak_is_counted_in_bytes(capfd):
    one, two = peak_bytes(two_at_a_time, [100_000, 200_000])
    assert not capfd.readouterr().err
    assert (one, two) == (pytest.approx(800_000, abs=100), pytest.approx(1_600_000, abs=100))
