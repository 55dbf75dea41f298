"""A course that nobody wrote for this grader: two assignments with ordinary test cells, each a list of tasks."""

from dataclasses import dataclass, field

# Planted where no student code may look; whoever shows one of them has looked.
TOKENS = {
    "test": "planted-in-a-hidden-test-5d01",
    "solution": "planted-in-a-solution-8e22",
    "home": "planted-in-the-home-folder-31c7",
    "environment": "planted-in-the-environment-c90b",
    "neighbour": "planted-in-another-submission-4ff6",
}


@dataclass(frozen=True)
class Task:
    """One answer cell (with nbgrader's markers) and its test cell; wrong answers with the points that they earn."""

    name: str
    points: float
    right: str
    test: str
    wrong: dict[str, tuple[str, float]] = field(default_factory=dict)

    @property
    def answer(self) -> str:
        """The right answer as a student would hand it in."""
        lines = self.right.strip().splitlines()
        return "\n".join(line for line in lines if "### " not in line and TOKENS["solution"] not in line)


@dataclass(frozen=True)
class Assignment:
    """What the instructor's folder holds: notebook cells and files beside the notebook."""

    name: str
    setup: str
    tasks: tuple[Task, ...]
    files: dict[str, str] = field(default_factory=dict)
    manual: str = ""

    @property
    def maxima(self) -> dict[str, float]:
        """Points of each test cell, by grade id."""
        return {f"{task.name}-test": task.points for task in self.tasks}

    def task(self, name: str) -> Task:
        return next(task for task in self.tasks if task.name == name)
