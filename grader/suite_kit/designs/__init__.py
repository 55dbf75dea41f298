"""What an exercise is written with whose answer is a design document, judged by simulation.

The exercise gives the document's type, its scenarios with their ranges, `run(document, scenario)`, and thresholds as
data. No simulator and no threshold may enter here.
"""

from grader.suite_kit.designs.at_random import Log, Maybe, OneOf, Real, Whole, random_document
from grader.suite_kit.designs.outcome import FailureReason, Outcome, Requirement
from grader.suite_kit.designs.scenarios import Draw, Draws, Range, ScenarioFamily, draw_scenarios
from grader.suite_kit.designs.skipped_while_grading import for_readers, skipped_while_grading
from grader.suite_kit.designs.task import Card, DesignTask, RefusedDesign, required

__all__ = [
    "Card",
    "DesignTask",
    "Draw",
    "Draws",
    "FailureReason",
    "Log",
    "Maybe",
    "OneOf",
    "Outcome",
    "Range",
    "Real",
    "RefusedDesign",
    "Requirement",
    "ScenarioFamily",
    "Whole",
    "draw_scenarios",
    "for_readers",
    "random_document",
    "required",
    "skipped_while_grading",
]  # fmt: skip
