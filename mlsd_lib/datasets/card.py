"""The card that every data set carries, and the error that a bad file raises."""

from dataclasses import dataclass

from notebook_runner.errors import CourseError


class DataError(CourseError):
    """A file or table that cannot be used: names the file, the column, a value, the rule and the fix."""


@dataclass(frozen=True)
class DataCard:
    """What a reader of a result must know about the data behind it.

    `notes`: what else to know. `differences`: where a file is not the published one; empty if nothing was found.
    """

    name: str
    rows: int
    licence: str
    real: bool
    source: str
    notes: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()

    def __str__(self) -> str:
        kind = "recorded" if self.real else "simulated"
        lines = [f"{self.name}: {self.rows:,} rows, {kind}, {self.licence}", f"  source: {self.source}"]
        lines += [f"  note: {note}" for note in self.notes]
        lines += [f"  differs from the published file: {difference}" for difference in self.differences]
        return "\n".join(lines)
