"""How much faster an answer is than what it replaces, on a noisy machine.

CPU time of the answering process, less a null call, as the median of interleaved pair ratios; every call has a fresh
request, and its output is kept to be compared. Wall time only guards against waiting. Points are given elsewhere.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.suite_kit.answer import Answer, Handle

PAIRS = 11
ROWS_A_PAIR = 4
ROUNDS = 3
SELF_CHECKS = 5
SELF_CHECK_ROWS = 2
# After the last answer: a process that uses less than this share of a look's time is at rest.
IDLE_S, IDLE_LOOKS, AT_REST = 0.1, 10, 0.08
BUSY_S = 0.025
# A ratio above this is noise of the clock: the answer costs no more than the call that brings the request.
HIGHEST = 1000.0
WIDEST = 1.5
_wall_s = time.perf_counter
_sleep = time.sleep


@dataclass(frozen=True)
class Subject:
    """One side of a comparison: an answer, and the object and method that take a request."""

    answer: Answer
    target: Handle
    method: str

    def __call__(self, request: Any) -> Any:
        return self.answer.call(self.target, request, method=self.method)


@dataclass(frozen=True)
class Speed:
    """What one comparison found.

    `ratio` times faster in CPU time (median of the pairs), `low` and `high` its 95 % interval; `wall_ratio` how many
    times the fast side's best call by the wall clock fits into a slow call's CPU time, which load does not stretch;
    `alike` is slow against slow; `outputs` are (request, slow, fast) of every timed call;
    `delegated_s` CPU of other processes meanwhile, `helpers` new processes, `after_s` CPU after the last answer.
    """

    ratio: float
    low: float
    high: float
    wall_ratio: float
    alike: float = 1.0
    outputs: tuple[tuple[Any, Any, Any], ...] = ()
    delegated_s: float = 0.0
    helpers: int = 0
    after_s: float = 0.0

    def steps(self, thresholds: Sequence[float], ratio: float | None = None) -> int:
        """How many of the rising `thresholds` the speed reaches; wall time must reach half of each."""
        reached = self.ratio if ratio is None else ratio
        return sum(reached >= threshold and self.wall_ratio >= threshold / 2 for threshold in thresholds)

    @property
    def steady(self) -> bool:
        """Whether slow against slow gave 1 within 5 % and the interval is narrow."""
        return abs(self.alike - 1) <= 0.05 and self.high / self.low <= WIDEST

    def settled(self, thresholds: Sequence[float]) -> bool:
        """Whether no threshold lies within the interval: more rounds would give the same points."""
        return abs(self.alike - 1) <= 0.05 and self.steps(thresholds, self.low) == self.steps(thresholds, self.high)


def compare(slow: Subject, fast: Subject, fresh: Iterator[Any], thresholds: Sequence[float]) -> tuple[Speed, bool]:
    """The best of up to three rounds for the fast side, and whether the measurement can be trusted.

    `fresh` yields requests, none twice. Where no round is steady or settled the points go by the best lower end.
    """
    rounds: list[Speed] = []
    while len(rounds) < ROUNDS:
        rounds.append(one_round(slow, fast, fresh))
        if rounds[-1].settled(thresholds) and rounds[-1].steps(thresholds) == len(thresholds):
            break
        if rounds[-1].settled(thresholds) and rounds[-1].steady:
            break
    trusted = [one for one in rounds if one.steady or one.settled(thresholds)]
    if trusted:
        best, sure = max(trusted, key=lambda one: one.ratio), True
    else:
        best, sure = max(rounds, key=lambda one: one.low), False
    outputs = tuple(output for one in rounds for output in one.outputs)
    worst = {name: max(getattr(one, name) for one in rounds) for name in ("delegated_s", "helpers", "after_s")}
    return replace(best, outputs=outputs, **worst), sure


def one_round(slow: Subject, fast: Subject, fresh: Iterator[Any]) -> Speed:
    """One round of pairs. Within a pair the sides alternate request by request, on the same fresh requests.

    So each side meets the machine, and the caches, as the other left them, as often as it does the other way round.
    """
    for request in (next(fresh), next(fresh)):
        slow(request), fast(request)
        slow.answer.null(request)
    helpers, delegated_s = fast.answer.helpers(), fast.answer.delegated_s()
    alike = [_pair(slow, slow, fresh, SELF_CHECK_ROWS).ratio for _ in range(SELF_CHECKS)]
    pairs = [_pair(slow, fast, fresh, ROWS_A_PAIR) for _ in range(PAIRS)]
    after_s = _idle_cpu_s(fast.answer)
    ordered = np.sort([pair.ratio for pair in pairs])
    return Speed(
        ratio=float(np.median(ordered)),
        low=float(ordered[1]),  # ranks 2 and n-1 of 11: a 98.8 % interval of the median, free of any distribution
        high=float(ordered[-2]),
        wall_ratio=float(np.median([pair.slow_s for pair in pairs])) / min(pair.fast_wall_s for pair in pairs),
        alike=float(np.median(alike)),
        outputs=tuple(output for pair in pairs for output in pair.outputs),
        after_s=after_s,
        delegated_s=fast.answer.delegated_s() - delegated_s,
        helpers=max(0, fast.answer.helpers() - helpers),
    )


def _idle_cpu_s(answer: Answer) -> float:
    """CPU seconds of the answering process while nothing is asked; on a busy machine it is watched for longer."""
    started = answer.cpu_s()
    for _ in range(IDLE_LOOKS):
        before = answer.cpu_s()
        _sleep(IDLE_S)
        if answer.cpu_s() - before < AT_REST * IDLE_S or answer.cpu_s() - started > BUSY_S:
            break
    return answer.cpu_s() - started


@dataclass(frozen=True)
class _Pair:
    """One pair: ratio of CPU times less null calls, CPU seconds of a slow call, wall seconds of the best fast call."""

    ratio: float
    slow_s: float
    fast_wall_s: float
    outputs: list[tuple[Any, Any, Any]]


def _pair(slow: Subject, fast: Subject, fresh: Iterator[Any], rows: int) -> _Pair:
    cpu_s, fast_wall_s, outputs = np.zeros(3), math.inf, []
    for i in range(rows):
        request, given = next(fresh), [None, None]
        for side in (0, 1) if i % 2 else (1, 0):
            answer = (slow, fast)[side].answer
            started, called = answer.cpu_s(), _wall_s()
            given[side] = (slow, fast)[side](request)
            cpu_s[side] += answer.cpu_s() - started
            if side:
                fast_wall_s = min(fast_wall_s, _wall_s() - called)
        cpu_s[2] += cpu_of(lambda: slow.answer.null(request), slow.answer)  # noqa: B023
        outputs.append((request, *given))
    work_s = cpu_s[0] - cpu_s[2]
    ratio = work_s / max(cpu_s[1] - cpu_s[2], work_s / HIGHEST)
    return _Pair(float(ratio), float(cpu_s[0]) / rows, fast_wall_s, outputs)


def cpu_of(call: Callable[[], Any], answer: Answer) -> float:
    """CPU seconds of the answering process that one `call` took."""
    started = answer.cpu_s()
    call()
    return answer.cpu_s() - started
