"""nbgrader's plugin point for late submissions: with it, `nbgrader autograde` charges what `mlsd deadline` says.

In `nbgrader_config.py`: `c.AssignLatePenalties.plugin_class = "grader.grading.output.late_penalty.LatePenalty"`. The
grader itself needs no such line. What the configuration may say for all exercises stands here.
"""

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Dict, Integer, Unicode

from grader.grading.output.lateness import deadlines


class LatePenalty(LateSubmissionPlugin):
    """Charges a submission by the policy of its exercise, its student's extension included."""

    timezone = Unicode("", help="Whose clock due dates are of, e.g. Europe/Berlin.").tag(config=True)
    late_days = Integer(0, help="Days late that cost nothing.").tag(config=True)
    penalty = Unicode("", help="Share of the maximum for each hour, day or week begun, e.g. 10%/day.").tag(config=True)
    due = Dict(help="Due dates by exercise, e.g. {'ps1': '2027-01-15 23:59'}.").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """Points that a notebook loses; None for none. The step of nbgrader's that calls it names the submission."""
        book, name = self.parent.gradebook, self.parent.assignment_id
        whole = book.find_submission(name, student_id)
        known = deadlines(book.db.connection(), self.config, name, whole.assignment.duedate)
        due = known.due_of(student_id, whole.extension)
        if known.policy is None or due is None:
            return super().late_submission_penalty(student_id, score, total_seconds_late)
        maximum = book.find_submission_notebook(self.parent.notebook_id, name, student_id).max_score
        return known.policy.cost(score, maximum, due, whole.timestamp) or None
