"""How much faster an answer is than what it replaces, on a noisy machine.

CPU time of the answering process, less a null call, as the median of interleaved pair ratios; every call has a fresh
request, and its output is kept to be compared. A round ends as soon as no further pair is needed. Wall time only guards
against waiting. Points are given elsewhere.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from grader.suite_kit.answer import Answer, Handle

PAIRS = 11
LEAST_PAIRS = 5
ROWS_A_PAIR = 4  # the first is not timed on the fast side: it brings back the caches that the slow side took
ROUNDS = 3
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
    """One side of a comparison: an answer, and the object and method that take a request.

    `factor`: what the slow side's CPU time is multiplied by, where it does only a part of what it is asked.
    """

    answer: Answer
    target: Handle
    method: str
    factor: float = 1.0

    def __call__(self, request: Any) -> Any:
        return self.answer.call(self.target, request, method=self.method)


@dataclass(frozen=True)
class Speed:
    """What one comparison found.

    `ratio`: times faster in CPU time, the median of the pairs; what other processes did for the fast side counts as
    its own. `low` and `high`: an interval of it, of 98.8 % for all pairs and 94 % for the least. `wall_ratio`: how many
    times the fast side's best call by the wall clock fits into a slow call's CPU time, which load does not stretch.
    `alike`: the slow side's calls against one another, 1 on a quiet machine. `outputs`: (request, slow, fast) of every
    call. `delegated_s`: CPU of other processes meanwhile; `helpers`: new processes; `after_s`: CPU after the last
    answer.
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
    with threadpool_limits(1):  # a kernel that counts no threads would pay for those of its libraries, as they wait
        while len(rounds) < ROUNDS:
            rounds.append(one_round(slow, fast, fresh, thresholds))
            if rounds[-1].settled(thresholds) and rounds[-1].steps(thresholds) == len(thresholds):
                break
            if rounds[-1].settled(thresholds) and rounds[-1].steady:
                break
    trusted = [measured for measured in rounds if measured.steady or measured.settled(thresholds)]
    if trusted:
        best, sure = max(trusted, key=lambda measured: measured.ratio), True
    else:
        best, sure = max(rounds, key=lambda measured: measured.low), False
    outputs = tuple(output for measured in rounds for output in measured.outputs)
    worst = {
        name: max(getattr(measured, name) for measured in rounds) for name in ("delegated_s", "helpers", "after_s")
    }
    return replace(best, outputs=outputs, **worst), sure


def one_round(slow: Subject, fast: Subject, fresh: Iterator[Any], thresholds: Sequence[float] = ()) -> Speed:
    """One round of pairs, up to `PAIRS` of them: it ends before where that is `clear` for all `thresholds`."""
    for request in (next(fresh), next(fresh)):
        slow(request), fast(request)
        slow.answer.null(request)
    helpers, delegated_s = fast.answer.helpers(), fast.answer.delegated_s()
    pairs: list[_Pair] = []
    while len(pairs) < PAIRS and not (thresholds and clear([pair.ratio() for pair in pairs], thresholds)):
        pairs.append(_pair(slow, fast, [next(fresh) for _ in range(ROWS_A_PAIR)], slow_first=len(pairs) % 2 == 1))
    after_s = _idle_cpu_s(fast.answer)
    elsewhere_s = fast.answer.delegated_s() - delegated_s
    ordered = np.sort([pair.ratio(elsewhere_s / (ROWS_A_PAIR * len(pairs))) for pair in pairs])
    outermost = 0 if len(pairs) < LEAST_PAIRS + 2 else 1
    return Speed(
        ratio=float(np.median(ordered)),
        low=float(ordered[outermost]),
        high=float(ordered[-1 - outermost]),
        wall_ratio=float(np.median([pair.slow_s for pair in pairs])) / min(pair.fast_wall_s for pair in pairs),
        alike=float(np.median([pair.alike for pair in pairs])),
        outputs=tuple(output for pair in pairs for output in pair.outputs),
        after_s=after_s,
        delegated_s=elsewhere_s,
        helpers=max(0, fast.answer.helpers() - helpers),
    )


def clear(ratios: Sequence[float], thresholds: Sequence[float]) -> bool:
    """True if no further pair is needed: at each threshold at most one of `ratios` lies on the other side.

    Let m be how many do. At least `LEAST_PAIRS` + 2m ratios are needed. With m = 1 the median of all `PAIRS` lies on
    the larger side for certain; with m = 0 but for a chance of at most 1 in 1,024 a threshold: let p be the share of
    pairs on one side, then it is p^5 (1 - p)^6 + p^6 (1 - p)^5 = (p (1 - p))^5.
    """
    return all(_settles(sum(ratio >= threshold for ratio in ratios), len(ratios)) for threshold in thresholds)


def _settles(above: int, pairs: int) -> bool:
    minority = min(above, pairs - above)
    return minority <= 1 and pairs >= LEAST_PAIRS + 2 * minority


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
    """One pair: CPU seconds of a slow and of a fast call less a null call, of a slow one with it, wall seconds of the
    best fast call; `alike` is the ratio of the slow side's outer calls to its inner ones."""

    work_s: float
    fast_s: float
    slow_s: float
    fast_wall_s: float
    alike: float
    outputs: list[tuple[Any, Any, Any]]

    def ratio(self, elsewhere_s: float = 0.0) -> float:
        """How many times faster the fast call was; `elsewhere_s` are CPU seconds of other processes for it."""
        return self.work_s / max(self.fast_s + elsewhere_s, self.work_s / HIGHEST)


def _pair(slow: Subject, fast: Subject, requests: list[Any], slow_first: bool) -> _Pair:
    """Both sides on the same fresh requests, one side after the other.

    A call after one of the other side would pay for caches that this side took, more so in another process: so each
    side's calls come in a row.
    """
    before = _slow_calls(slow, requests) if slow_first else None
    fast_s, wall_s, given = _fast_calls(fast, requests)
    slow_s, right = before or _slow_calls(slow, requests)
    null_s = _null_s(slow.answer, requests)
    return _Pair(
        work_s=slow.factor * (float(slow_s.mean()) - null_s),
        fast_s=fast_s - null_s,
        slow_s=slow.factor * float(slow_s.mean()),
        fast_wall_s=wall_s,
        alike=float((slow_s[0] + slow_s[-1]) / slow_s[1:-1].sum()),
        outputs=list(zip(requests, right, given, strict=True)),
    )


def _null_s(answer: Answer, requests: list[Any]) -> float:
    """CPU seconds of a null call after the first."""
    answer.null(requests[0])
    started_s = answer.cpu_s()
    for request in requests[1:]:
        answer.null(request)
    return (answer.cpu_s() - started_s) / (len(requests) - 1)


def _slow_calls(slow: Subject, requests: list[Any]) -> tuple[np.ndarray, list[Any]]:
    """CPU seconds of each call, and what it gave."""
    clock, given = [slow.answer.cpu_s()], []
    for request in requests:
        given.append(slow(request))
        clock.append(slow.answer.cpu_s())
    return np.diff(clock), given


def _fast_calls(fast: Subject, requests: list[Any]) -> tuple[float, float, list[Any]]:
    """CPU seconds a call after the first, wall seconds of the best, what all gave. The clock is far, so read twice."""
    given, wall_s = [fast(requests[0])], []
    started_s = fast.answer.cpu_s()
    for request in requests[1:]:
        called = _wall_s()
        given.append(fast(request))
        wall_s.append(_wall_s() - called)
    return (fast.answer.cpu_s() - started_s) / len(wall_s), min(wall_s), given


def cpu_of(call: Callable[[], Any], answer: Answer) -> float:
    """CPU seconds of the answering process that one `call` took."""
    started = answer.cpu_s()
    call()
    return answer.cpu_s() - started


def family_cpu_of(call: Callable[[], Any], answer: Answer) -> float:
    """CPU seconds of the answering process and of all that it started that one `call` took."""
    elsewhere_s = answer.delegated_s()  # read outside of the other: an answer in this process pays for the reading
    own_s = cpu_of(call, answer)
    return own_s + answer.delegated_s() - elsewhere_s
