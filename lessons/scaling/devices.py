"""Emulated devices in virtual time: who computes or sends what, when, and how long each stands idle.

Devices and links are alike: each does one task at a time, in the order of its list. No clock is read here; what real
processes need for the same work is for a lesson to measure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mlsd_lib.modeling.errors import ModelingError


class Span(NamedTuple):
    """When a task ran, in virtual seconds."""

    start: float
    end: float


@dataclass(frozen=True)
class Task:
    """Work of `seconds` for one `device`, which may begin once the tasks named in `after` have ended."""

    device: str
    seconds: float
    after: tuple[str, ...] = ()


def schedule(tasks: Mapping[str, Task]) -> dict[str, Span]:
    """When each task runs: a device takes its tasks in their order in `tasks`, each as early as it may begin.

    Raises `ModelingError` if tasks wait for each other, or for one that does not exist.
    """
    queues: dict[str, list[str]] = {}
    for name, task in tasks.items():
        queues.setdefault(task.device, []).append(name)
    spans: dict[str, Span] = {}
    free = dict.fromkeys(queues, 0.0)
    while any(queues.values()):
        before = len(spans)
        for device, queue in queues.items():
            while queue and all(name in spans for name in tasks[queue[0]].after):
                name = queue.pop(0)
                start = max([free[device], *(spans[other].end for other in tasks[name].after)])
                free[device] = start + tasks[name].seconds
                spans[name] = Span(start, free[device])
        if len(spans) == before:
            stuck = {device: queue[0] for device, queue in queues.items() if queue}
            raise ModelingError(f"These tasks wait for ever: {stuck}. Look at their order and at what they come after.")
    return spans


def total_s(spans: Mapping[str, Span]) -> float:
    """Virtual seconds until the last task has ended."""
    return max(span.end for span in spans.values())


def idle_share(tasks: Mapping[str, Task], spans: Mapping[str, Span], devices: Sequence[str]) -> float:
    """The share of the time of `devices`, from 0 to the end of the last task, in which they do nothing."""
    busy = sum(task.seconds for task in tasks.values() if task.device in devices)
    return 1 - busy / (len(devices) * total_s(spans))


def pipeline(
    stages_s: Sequence[float], micro_batches: int, *, backward: float = 0.0, early: bool = False, link_s: float = 0.0
) -> dict[str, Task]:
    """The tasks of one step through a pipeline: `forward I J` and `backward I J` of stage I and micro-batch J.

    `stages_s`: seconds of each stage for the whole batch, forward; a micro-batch takes the `micro_batches`-th part, its
    way back `backward` times as long (0: forward alone). Stage I is the device `stage I`; what it sends on to its
    neighbour takes `link_s` a micro-batch on the link between them. All ways forward come before all ways back (GPipe),
    or, if `early`, a stage alternates as soon as it can (one forward, one backward), and so keeps fewer activations.

    Sources: Y. Huang et al., GPipe, NeurIPS 2019; D. Narayanan et al., PipeDream, SOSP 2019.
    """
    if micro_batches < 1 or not stages_s:
        counts = f"{len(stages_s)} stages, {micro_batches} micro-batches; a pipeline has at least 1 of each."
        raise ModelingError(counts)
    last, tasks = len(stages_s) - 1, dict[str, Task]()
    for stage, whole_s in enumerate(stages_s):
        for way, part in _order(stage, last + 1, micro_batches, backward > 0, early):
            towards = stage - 1 if way == "forward" else stage + 1
            came = (f"{way} {towards} {part}",) if 0 <= towards <= last else ()
            if way == "backward" and stage == last:
                came = (f"forward {stage} {part}",)
            elif came and link_s:
                link = f"{way} link {min(stage, towards)}"
                tasks[f"send {way} {towards} {part}"] = Task(link, link_s, came)
                came = (f"send {way} {towards} {part}",)
            seconds = whole_s / micro_batches * (1 if way == "forward" else backward)
            tasks[f"{way} {stage} {part}"] = Task(f"stage {stage}", seconds, came)
    return tasks


def _order(stage: int, stages: int, micro_batches: int, back: bool, early: bool) -> list[tuple[str, int]]:
    """What a stage does, in order."""
    forward = [("forward", part) for part in range(micro_batches)]
    backward = [("backward", part) for part in range(micro_batches)] if back else []
    if not early or not back:
        return forward + backward
    ahead = min(stages - stage, micro_batches)
    alternating = [step for pair in zip(backward, forward[ahead:], strict=False) for step in pair]
    return forward[:ahead] + alternating + backward[micro_batches - ahead :]


def most_kept(spans: Mapping[str, Span], stage: int) -> int:
    """The most micro-batches whose activations `stage` holds at once: gone forward and not yet come back."""
    moments = []
    for name, span in spans.items():
        way, _, rest = name.partition(" ")
        if rest.split()[0] == str(stage) and way in ("forward", "backward"):
            moments.append((span.end, -1) if way == "backward" else (span.start, 1))
    held, most = 0, 0
    for _, change in sorted(moments):  # what ends at a moment is gone before what begins then
        held += change
        most = max(most, held)
    return most


def ring_tasks(size: int, megabytes: float, mb_per_s: float, latency_s: float = 0.0) -> dict[str, Task]:
    """The messages of a ring all-reduce: `send R S` is what rank R sends at step S over its own way out.

    2 (size - 1) steps; at each, every rank sends a `size`-th part of its `megabytes` to its right, once what it sends
    has come from its left. A message occupies its link for its bytes and arrives `latency_s` later. Source: P.
    Patarasuk and X. Yuan, Bandwidth optimal all-reduce algorithms for clusters of workstations, Journal of Parallel
    and Distributed Computing 69, 2009.
    """
    tasks = dict[str, Task]()
    for step in range(2 * (size - 1)):
        for rank in range(size):
            came = (f"arrive {(rank - 1) % size} {step - 1}",) if step else ()
            tasks |= _message(f"{rank} {step}", f"out of {rank}", megabytes / size / mb_per_s, latency_s, came)
    return tasks


def server_tasks(
    size: int, megabytes: float, mb_per_s: float, latency_s: float = 0.0, servers: int = 1
) -> dict[str, Task]:
    """The messages of parameter servers: `send up R to K` of `size` workers over K's one way in, `send down K to R`.

    Each server has a part of the `megabytes` and answers all workers once the sum of its part is complete. With at most
    as many servers as workers, a worker's own way out carries no more than a server's way in, and is left out. Source:
    M. Li et al., Scaling Distributed Machine Learning with the Parameter Server, OSDI 2014.
    """
    tasks, seconds = dict[str, Task](), megabytes / servers / mb_per_s
    for server in range(servers):
        for rank in range(size):
            tasks |= _message(f"up {rank} to {server}", f"into {server}", seconds, latency_s)
        complete = tuple(f"arrive up {rank} to {server}" for rank in range(size))
        for rank in range(size):
            tasks |= _message(f"down {server} to {rank}", f"out of {server}", seconds, latency_s, complete)
    return tasks


def _message(name: str, link: str, seconds: float, latency_s: float, after: tuple[str, ...] = ()) -> dict[str, Task]:
    """A message occupies its link, then flies; other messages may fly at the same time."""
    sent, arrived = f"send {name}", f"arrive {name}"
    return {sent: Task(link, seconds, after), arrived: Task(f"flight of {name}", latency_s, (sent,))}
