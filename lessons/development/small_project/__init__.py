"""A small repository with a team's checks, and the mistakes that they are tried on."""

from lessons.development.small_project.mistakes import MISTAKES, Mistake
from lessons.development.small_project.project import HABITS, LOADING, Checked, Project

__all__ = ["HABITS", "LOADING", "MISTAKES", "Checked", "Mistake", "Project"]
