"""Spark's own cluster, a master and its workers, as processes on this machine, reached by one address."""

import os
import re
import shutil
import time
from pathlib import Path

from mlsd_lib.modeling.errors import ModelingError
from mlsd_lib.modeling.process_cluster import ProcessCluster
from notebook_runner import tool_python
from notebook_runner.tools import environment

LIGHT = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Java's settings for processes that live for seconds: compile once and lightly, collect on one thread."""
READY = re.compile(r"Starting Spark master at (spark://\S+)")
JOINED = "Registering worker "


class SparkCluster(ProcessCluster):
    """A standalone master and `workers` workers of one core on loopback; ended with the with-block or by `close`.

    A worker starts executors of at most `memory_mb` for the programs that come, with one of the course's interpreters,
    and is not restarted if it dies. `address` (spark://...) goes to `SparkSession.builder.master`. Needs Spark's tools
    and Java. Raises `ModelingError` if not all have joined within `start_s` seconds.
    """

    def __init__(self, workers: int, *, memory_mb: int = 600, start_s: float = 120.0):
        python, java = tool_python("spark"), shutil.which("java")
        if java is None:
            raise ModelingError("There is no java on PATH, which Spark runs in. Install Java 17 or newer.")
        home = next(python.parent.parent.glob("lib/python*/site-packages/pyspark"))
        super().__init__(workers, "spark", {**os.environ, "OMP_NUM_THREADS": "1"})
        own = environment(Path(self._folder.name) / "work", os.environ)
        scala = next(home.glob("jars/spark-core_*.jar")).name.split("_")[1].split("-")[0]  # asked for beside any jars
        settings = {"SPARK_HOME": str(home), "SPARK_SCALA_VERSION": scala, "PYSPARK_PYTHON": str(python)} | {
            name: own[name] for name in ("HOME", "JDK_JAVA_OPTIONS", "SPARK_LOCAL_DIRS", "SPARK_LOCAL_IP")
        }
        command = ["env", *(f"{name}={value}" for name, value in settings.items())]
        command += [java, *LIGHT, "-Xmx128m", "-cp", f"{home}/jars/*"]
        common = ["--host", "127.0.0.1", "--webui-port", "0"]
        try:
            self._start([*command, "org.apache.spark.deploy.master.Master", *common, "--port", "0"])
            self.address = self._said(READY, 1, start_s)[0]
            size = ["--cores", "1", "--memory", f"{memory_mb}m", "--work-dir", f"{self._folder.name}/work"]
            worker = [*command, "org.apache.spark.deploy.worker.Worker", *common, *size, self.address]
            self.worker_pids += [self._start(worker) for _ in range(workers)]
            self._said(re.compile(JOINED), workers, start_s)
        except BaseException:
            self.close()
            raise

    def _said(self, what: re.Pattern[str], times: int, start_s: float) -> list[str]:
        """What the log says of `what`, once it has said so `times` times."""
        deadline = time.monotonic() + start_s
        while time.monotonic() < deadline:
            if len(found := what.findall(self.log())) >= times:
                return found
            time.sleep(0.1)
        raise ModelingError(f"{what.pattern!r} was not said {times} times in {start_s:g} s. The log:\n{self.log()}")
