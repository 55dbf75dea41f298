"""A rehearsal of grading inside one process, before it forks: what all forks use is loaded and specialised once.

The student's part is played by objects of our own. Nothing of an assignment may enter here.
"""

from collections.abc import Callable
from typing import Any

from grader.grading.sealed.client import Client
from grader.grading.sealed.evaluator import Evaluator, Names, Namespace
from grader.grading.sealed.object_server import ObjectServer

REHEARSALS = 4
STUDENT = """
import numpy as np
class Thing:
    def __init__(self): self.value = 1
    def add(self, n): self.value += n
    def __len__(self): return 3
    def __iter__(self): return iter([1, 2])
def double(x): return 2 * x
def array(x): return x * np.ones(2)
def count():
    yield 1
def fail(x): raise ValueError("no")
def order(x): x.sort()
number = 3
"""
CELLS = (
    "assert double(2) == 4 and double([1]) == [1, 1]",
    "import numpy as np\nassert array(np.ones(2)).sum() == 2",
    "thing = Thing()\nthing.add(2)\nassert thing.value == 3 and len(thing) == 3 and list(thing) == [1, 2]",
    "try: fail(1)\nexcept ValueError as error: assert str(error) == 'no'",
    "fail(1)",
    "assert double(2) == 5",
    "values = [2, 1]\norder(values)\nassert values == [1, 2] and next(count()) == 1 and number == 3",
    "points = 0\npoints += isinstance(thing, Thing) and hasattr(thing, 'add')\npoints",
)


def rehearse() -> None:
    """Run small cells against objects of our own, so that forks need not load, specialise and copy what all use."""
    names: dict[str, Any] = {}
    exec(STUDENT, names)
    for _ in range(REHEARSALS):
        evaluator = Evaluator(Namespace(Names()))
        evaluator.use(Client(Alone(names)))
        for cell in CELLS:
            evaluator.run(cell, "rehearsal", 1.0, 10.0)


class Alone:
    """A session without a process, for objects of our own."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.server = ObjectServer(names, lambda frame: b"")

    def ask(self, frame: bytes, timeout_s: float, serve: Callable[[bytes], bytes] | None = None) -> bytes:
        return self.server.handle(frame)

    def cpu_s(self) -> float:
        return 0.0

    def helpers(self) -> int:
        return 0

    delegated_s = peak_mb = cpu_s
