"""Spark's own cluster as real processes: workers that join, one address, and nothing left behind."""

import shutil
import time

import psutil
import pytest

from lessons.tools_data_processing.spark_cluster import SparkCluster
from mlsd_lib.modeling import ModelingError


def runs(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.tools("spark")
@pytest.mark.needs("java")
def test_workers_join_a_killed_one_is_missed_and_all_end_with_the_cluster():
    with SparkCluster(1) as cluster:
        assert cluster.address.startswith("spark://127.0.0.1:")
        assert all(map(runs, cluster.worker_pids))
        cluster.kill(0)
        end = time.monotonic() + 60
        while "got disassociated" not in cluster.log() and time.monotonic() < end:
            time.sleep(0.1)
        assert "got disassociated" in cluster.log()
        pids = [*cluster.worker_pids, *(process.guardian for process in cluster._kept)]
    assert not any(map(runs, pids))


@pytest.mark.tools("spark")
@pytest.mark.needs("java")
def test_without_java_the_cluster_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ModelingError, match="Install Java 17"):
        SparkCluster(1)
