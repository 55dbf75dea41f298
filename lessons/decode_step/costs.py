"""What each token of an answer costs. Standard library only: the runtime's environment loads it too."""

import time
from collections.abc import Callable, Iterator
from itertools import islice


def costs_of(
    answer: Iterator[int], tokens: int, clock: Callable[[], float] = time.process_time
) -> tuple[list[int], list[float]]:
    """The first `tokens` tokens of `answer`, and the seconds of `clock` that each took; the first reads the prompt."""
    written, taken_s, before_s = list[int](), list[float](), clock()
    for token in islice(answer, tokens):
        after_s = clock()
        written.append(token)
        taken_s.append(after_s - before_s)
        before_s = clock()
    return written, taken_s
