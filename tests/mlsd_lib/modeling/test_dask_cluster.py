"""A Dask cluster of real processes: one address, a death that loses nothing, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cloudpickle
import pytest
from distributed import Client

from mlsd_lib.modeling import ModelingError
from mlsd_lib.modeling.dask_cluster import DaskCluster
from mlsd_lib.modeling.process_cluster import ProcessCluster
from tests.waiting import ended, until

cloudpickle.register_pickle_by_value(sys.modules[__name__])


def square(number):
    time.sleep(0.05)
    return number**2, os.getpid()


def gone(pids):
    until(lambda: ended(pids), "the end of the processes")


def test_the_address_is_enough_and_a_killed_worker_loses_nothing():
    with DaskCluster(2) as cluster:
        assert cluster.address.startswith("tcp://127.0.0.1:")
        with Client(cluster.address) as client:
            client.wait_for_workers(2)
            asked = client.map(square, range(12), pure=False)
            until(lambda: any(future.done() for future in asked), "the first answer")  # and others are under way
            cluster.kill(0)
            answers = client.gather(asked)
        pids = [*cluster.worker_pids, *(process.guardian for process in cluster._kept)]
    assert [number for number, _ in answers] == [number**2 for number in range(12)]
    assert {pid for _, pid in answers} <= set(cluster.worker_pids)
    gone(pids)
    cluster.close()
    assert not Path(cluster._folder.name).exists()


def test_the_cluster_ends_with_its_parent():
    code = (
        "import time; from mlsd_lib.modeling.dask_cluster import DaskCluster\n"
        "c = DaskCluster(1); print(*(p.guardian for p in c._kept), *c.worker_pids, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        pids = [int(word) for word in parent.stdout.readline().split()]
        os.kill(parent.pid, signal.SIGKILL)
    gone(pids)


def test_a_cluster_has_a_worker():
    with pytest.raises(ModelingError, match="workers is 0"):
        DaskCluster(0)


def test_a_command_that_cannot_be_started_is_named():
    said = pytest.raises(ModelingError, match="/no/such/program did not start")
    with ProcessCluster(1, "none", os.environ) as cluster, said:
        cluster._start(["/no/such/program"])
