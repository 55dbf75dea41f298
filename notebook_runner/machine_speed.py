"""How slow this machine is while a notebook runs: CPU seconds of the same work differ with what else runs beside it."""

import random
import time
from array import array

NUMBERS = array("H", random.Random(0).randbytes(2 << 17)).tolist()
ALONE_S = 0.023
"""CPU seconds that sorting them takes on the machine that the budgets were measured on, which did nothing else."""


class Slowness:
    """Measures the same small work again and again, and says how much longer it took than on the budgets' machine.

    A slower processor, a neighbour on the other thread of the same core, full caches and a virtual machine whose core
    is taken away while its clock runs all make CPU seconds longer, here as in the notebook.
    """

    def __init__(self) -> None:
        self.spent_s, self.times = 0.0, 0

    def measure(self) -> None:
        """Do the work once; it takes some milliseconds."""
        before_s = time.thread_time()
        sorted(NUMBERS)
        self.spent_s += time.thread_time() - before_s
        self.times += 1

    @property
    def factor(self) -> float:
        """How many times the CPU seconds of the budgets' machine; 1 where it is faster, or was not measured."""
        return max(1.0, self.spent_s / (self.times * ALONE_S)) if self.times else 1.0
