"""The process that runs one notebook: cut off the network, parent of all that the notebook starts, ended for certain.

Started as `python -m notebook_runner.worker JOB`, JOB being JSON; writes one JSON line a cell and one at the end.
Nothing heavy may be imported at the top: the network namespace is entered before there is a second thread.
"""

import gc
import json
import os
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from notebook_runner import isolation, process_tree
from notebook_runner.environment import CLAIMS, claims_file, environment
from notebook_runner.job import Job

UNUSED = ("isoduration", "pyarrow", "rfc3986_validator", "uri_template", "webcolors")
"""What papermill and jsonschema load, and do without where it is missing: formats of texts that no notebook has."""


def main() -> None:
    """Run the job given as the only argument and write its outcome to standard output."""
    job = Job(**json.loads(sys.argv[1]))
    tell = _channel()
    level = isolation.HOOK if job.offline == isolation.HOOK else isolation.enter()
    process_tree.adopt_orphans()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end_now)
    process_tree.end_with_parent(job.parent)
    if job.offline == isolation.NAMESPACE and level != isolation.NAMESPACE:
        tell({"refused": level})
        return
    env = environment(os.environ, Path(job.root), Path(job.private), job.cores, level == isolation.HOOK)
    if job.seed is not None:
        env[CLAIMS] = str(claims_file(Path(job.private)))
    os.environ.clear()
    os.environ.update(env)
    tell({"outcome": outcome_of(job, level, tell)})


def _channel() -> Any:
    """A function that writes one JSON line to our standard output, which nothing else can reach any more."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(message: dict[str, Any]) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    return tell


def _end_now(number: int, frame: object) -> None:
    process_tree.end_all()
    os._exit(128 + number)


def outcome_of(job: Job, level: str, tell: Any) -> dict[str, Any]:
    """Execute and look the run over: failures and figures as plain data; writes the executed copy."""
    for unused in UNUSED:
        sys.modules[unused] = None  # type: ignore[assignment]
    gc.disable()  # what is imported here stays to the end
    from notebook_runner.canonical import stripped
    from notebook_runner.course import read_json
    from notebook_runner.engine import Run
    from notebook_runner.verdict import claims_failed, failures_of, write_executed

    gc.freeze()
    gc.enable()

    copy = Path(job.private, "notebook.ipynb")
    copy.write_text(json.dumps(stripped(read_json(Path(job.notebook)))), encoding="utf-8")
    linked = level == isolation.NAMESPACE
    watch = process_tree.Watch(job.peak_mb, job.stop_s)
    run = Run(
        watch,
        lambda index, total, cell_id: tell({"cell": cell_id, "index": index, "total": total}),
        isolation.refused_routes if linked else lambda: 0,
    )
    cpu_before_s = process_tree.children_cpu_s()
    watch.started = time.monotonic()
    watch.start()
    try:
        parameters = {} if job.seed is None else {"seed": job.seed}
        run.execute(str(copy), str(Path(job.notebook).parent), parameters)
    finally:
        watch.finish()
        wall_s = time.monotonic() - watch.started
        process_tree.end_all()
    cpu_s = process_tree.children_cpu_s() - cpu_before_s or watch.cpu_s
    figures = {
        "cpu_s": round(cpu_s, 3),
        "wall_s": round(wall_s, 3),
        "peak_mb": round(watch.peak_mb, 1),
        "slowness": round(watch.slowness.factor, 2),
    }
    failures = failures_of(run, job, cpu_s)
    if job.seed is not None:
        failures += claims_failed(claims_file(Path(job.private)), complete=not failures)
    write_executed(Path(job.notebook), run.nb, Path(job.executed), {**figures, "offline": level})
    outcome = {**figures, "budget_s": job.cpu_s, "offline": level}
    return {**outcome, "failures": [asdict(failure) for failure in failures]}


if __name__ == "__main__":
    main()
