"""An exercise of the differential corpus: a test cell, several right answers, several wrong ones. Runs nothing.

What a grader gives for them is no business of this module; `comparison` asks both graders.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import dedent

from tests.attacks import course

# A kernel that imports all libraries costs four seconds, a cell a hundredth: few notebooks, an exercise several times.
STUDENTS = 2


@dataclass(frozen=True)
class Answer:
    """One answer to an exercise; `right` says whether stock nbgrader gives it full marks."""

    exercise: str
    name: str
    source: str
    right: bool


@dataclass(frozen=True)
class Exercise:
    """One test cell and its answers by name. The first right one is the instructor's.

    `test` holds nbgrader's marks of hidden tests where it has hidden ones. A wrong answer loses points with it.
    """

    name: str
    test: str
    right: dict[str, str]
    wrong: dict[str, str]
    points: float = 1

    @property
    def answers(self) -> list[Answer]:
        """Right ones first."""
        kinds = ((self.right, True), (self.wrong, False))
        return [Answer(self.name, name, clean(text), right) for group, right in kinds for name, text in group.items()]

    @property
    def test_cell(self) -> str:
        """The test as the instructor's notebook has it."""
        return clean(self.test)


@dataclass(frozen=True)
class Place:
    """Where an exercise stands in the notebook: it comes several times, so that a notebook takes as many answers."""

    exercise: Exercise
    copy: int

    @property
    def name(self) -> str:
        """The grade id of the answer cell."""
        return f"{self.exercise.name}-{self.copy}"

    def task(self) -> course.Task:
        """The exercise as the instructor's notebook has it."""
        solution = f"### BEGIN SOLUTION\n{self.exercise.answers[0].source}\n### END SOLUTION"
        return course.Task(self.name, self.exercise.points, solution, self.exercise.test_cell)


def clean(text: str) -> str:
    """The code as it stands in a cell."""
    return dedent(text).strip()


def places(exercises: Sequence[Exercise]) -> list[Place]:
    """All of the notebook, in its order: every exercise as often as its answers need it."""
    needed = [(copy, place) for place, exercise in enumerate(exercises) for copy in range(_copies(exercise))]
    return [Place(exercises[place], copy) for copy, place in sorted(needed)]


def submissions(exercises: Sequence[Exercise]) -> dict[str, list[tuple[Place, Answer]]]:
    """By student an answer for each place; where an exercise has no more of them, its first one stands again.

    Few notebooks hold them all, right and wrong ones mixed: the n-th exercise starts with its n-th answer, so that
    two exercises do not always fail together.
    """
    handed_in: dict[str, list[tuple[Place, Answer]]] = {f"student-{number}": [] for number in range(STUDENTS)}
    for shift, exercise in enumerate(exercises):
        missing = _copies(exercise) * STUDENTS - len(exercise.answers)
        answers = deque(exercise.answers + exercise.answers[:1] * missing)
        answers.rotate(shift)
        for number, answer in enumerate(answers):
            handed_in[f"student-{number % STUDENTS}"].append((Place(exercise, number // STUDENTS), answer))
    return handed_in


def _copies(exercise: Exercise) -> int:
    return -(-len(exercise.answers) // STUDENTS)
