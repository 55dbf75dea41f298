"""Until when: due dates, extensions of single students, late days, and what lateness costs.

On nbgrader's own fields (an assignment's `duedate`, in UTC, and a submission's `extension`); two tables of ours hold
what it has no field for. Days are days of the course's time zone: two days after 23:59 is 23:59, also when clocks
change.
"""

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from grader.errors import GraderError

POLICIES, EXTENSIONS, ROUNDS = "mlsd_deadline", "mlsd_extension", "mlsd_round"
DAYS = {"day": 1, "week": 7}
PENALTY = re.compile(r"(?P<percent>\d+(?:\.\d+)?)\s*%(?:\s*/\s*(?P<unit>hour|day|week))?")
YEARS = range(1970, 3000)
LENGTH = re.compile(r"(?:(\d{1,5})w)?(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,5})m)?")  # a date that there is
ROUNDING = 1e-9  # of a penalty, points
WORDS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


@dataclass(frozen=True)
class Policy:
    """What lateness costs: after `late_days` that are free, `percent` of the maximum for each `unit` begun.

    Without a unit, once. `zone` is the time zone whose days count.
    """

    zone: ZoneInfo
    late_days: int = 0
    percent: float = 0.0
    unit: str = ""

    def units(self, due: datetime, received: datetime) -> int:
        """How many units are charged; `due` and `received` in UTC without a zone, as in nbgrader's gradebook."""
        free = later(due, self.late_days, self.zone)
        if received <= free:
            return 0
        if not self.unit:
            return 1
        if self.unit == "hour":
            return math.ceil((received - free) / timedelta(hours=1))
        number = max(1, (received - free).days // DAYS[self.unit])
        while later(due, self.late_days + number * DAYS[self.unit], self.zone) < received:
            number += 1
        return number

    def cost(self, score: float, maximum: float, due: datetime, received: datetime) -> float:
        """The points that a score loses: never more than it is, never less than 0."""
        return max(0.0, min(self.units(due, received) * self.percent * maximum / 100, score))


@dataclass(frozen=True)
class Deadlines:
    """Those of one exercise. `due` in UTC; `policy` is None where the course's own plugin says what lateness costs.

    `extensions` by student, as they were typed; `known`: whether a command or the configuration said anything.
    """

    zone: ZoneInfo
    due: datetime | None = None
    policy: Policy | None = None
    extensions: dict[str, str] = field(default_factory=dict)
    known: bool = False

    def extension(self, student: str, granted: timedelta | None = None) -> timedelta | None:
        """How much later a student's due date is; `granted` is what nbgrader's gradebook holds."""
        if student not in self.extensions:
            return granted
        if self.due is None:
            return None  # nbgrader cannot add one to no date
        return extended(self.due, self.extensions[student], self.zone) - self.due

    def due_of(self, student: str, granted: timedelta | None = None) -> datetime | None:
        """A student's own due date in UTC."""
        return self.due + (self.extension(student, granted) or timedelta()) if self.due else None

    def told_of(self, student: str, submission: Any) -> str:
        """How late nbgrader's `submission` was and what it costs, in a sentence for the student; empty if it was not.

        Where the penalty in the gradebook is not that of the deadlines, it says so and names none.
        """
        penalty = submission.late_submission_penalty or 0.0
        charged = self._is_charged(student, submission)
        return self.told(student, submission.timestamp, submission.extension, penalty if charged else None)

    def _is_charged(self, student: str, submission: Any) -> bool:
        due, received = self.due_of(student, submission.extension), submission.timestamp
        if self.policy is None or due is None or received is None:
            return True
        costs = [
            (self.policy.cost(notebook.score, notebook.max_score, due, received), notebook)
            for notebook in submission.notebooks
        ]
        return all(abs(cost - (notebook.late_submission_penalty or 0.0)) < ROUNDING for cost, notebook in costs)

    def told(self, student: str, received: datetime | None, granted: timedelta | None, penalty: float | None) -> str:
        """How late a student was, in a sentence for them; empty if they were not. `penalty` None: not known yet."""
        due = self.due_of(student, granted)
        if due is None or received is None or received <= due:
            return ""
        more = ", with your extension" if self.extension(student, granted) else ""
        days = self.policy.late_days if self.policy else 0
        free = f" Late days that cost nothing: {days}." if days else ""
        cost = f" Penalty: {penalty:g} points." if penalty else " There is no penalty."
        cost = " The penalty is still to be worked out." if penalty is None else cost
        when = f"received {local(received, self.zone)}, due {local(due, self.zone)}{more} ({self.zone.key})."
        return f"Handed in {length(received - due)} late: {when}{free}{cost}"


def later(due: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same time of day some days later; where clocks skip it or show it twice, the later of both readings."""
    moved = due.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    if days == 0:
        return due
    return max(moved.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)).replace(tzinfo=None)


def extended(due: datetime, text: str, zone: ZoneInfo) -> datetime:
    """`due` moved by a length such as 2d, 1w, 12h or 1d12h. Raises `GraderError` for another text."""
    found = LENGTH.fullmatch(text.strip()) if text.strip() else None
    if found is None and text.strip() != "0":
        raise GraderError(
            f"{text!r} is not a length of time. Write it as 2d, 1w, 12h, 30m or 1d12h, at most five digits; 0: none"
        )
    weeks, days, hours, minutes = (int(number or 0) for number in (found.groups() if found else (0, 0, 0, 0)))
    return later(due, 7 * weeks + days, zone) + timedelta(hours=hours, minutes=minutes)


def zone_named(name: str) -> ZoneInfo:
    """The time zone of that name. Raises `GraderError` for one that nobody knows."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise GraderError(f"there is no time zone {name!r}. Name one as in Europe/Berlin or UTC") from error


def policy_of(zone: ZoneInfo, late_days: int, penalty: str) -> Policy:
    """The policy of a penalty such as 10%/day. Raises `GraderError` if it is none."""
    found = PENALTY.fullmatch(penalty.strip())
    if found is None or float(found["percent"]) > 100:
        raise GraderError(
            f"the penalty {penalty!r} must be a share of the maximum, 0% to 100%, for each hour, day or week that is "
            "begun, or once: 10%/day, 1%/hour, 50%"
        )
    if late_days < 0:
        raise GraderError(f"late days are {late_days}; they must be 0 or more")
    return Policy(zone, late_days, float(found["percent"]), found["unit"] or "")


def moment(text: str, zone: ZoneInfo) -> datetime:
    """A due date as it was typed, in UTC. A time that clocks show twice is the later one.

    Raises `GraderError` for a text that is none, and for a time that clocks skip.
    """
    try:
        typed = datetime.fromisoformat(text.strip())
        if typed.year not in YEARS:  # of others, a zone or an extension leads out of all years
            raise ValueError("year")
    except ValueError as error:
        years = f"of a year from {YEARS[0]} to {YEARS[-1]}"
        raise GraderError(f"the due date {text!r} must be written as 2027-01-15 23:59, {years}") from error
    if typed.tzinfo is not None:
        return typed.astimezone(UTC).replace(tzinfo=None)
    if len(text.strip()) <= len("2027-01-15"):
        raise GraderError(f"the due date {text!r} has no time of day. Write it as 2027-01-15 23:59")
    found = max(typed.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if found.astimezone(zone).replace(tzinfo=None) != typed:
        raise GraderError(f"clocks in {zone.key} skip {text}. Name a time before or after that hour")
    return found.replace(tzinfo=None)


def local(when: datetime, zone: ZoneInfo) -> str:
    """A time of the gradebook as a person of that zone reads it, with its zone."""
    return when.replace(tzinfo=UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z").replace(":00 ", " ", 1)


def length(time: timedelta) -> str:
    """A length of time in its two largest units that follow each other, what is less left out."""
    seconds = max(1, math.ceil(time.total_seconds()))
    first = next(place for place, (size, _) in enumerate(WORDS) if seconds >= size)
    parts = []
    for size, name in WORDS[first : first + 2]:
        number, seconds = divmod(seconds, size)
        parts += [count(number, name)] if number else []
    return " ".join(parts)


def count(number: int, name: str) -> str:
    """A number of things in words: 1 day, 2 days."""
    return f"{number} {name}" + ("s" if number != 1 else "")


def has_own_plugin(config: Any) -> bool:
    """Whether the course configured nbgrader's late penalties itself; then these say what lateness costs."""
    chosen = config.AssignLatePenalties.get("plugin_class")
    name = chosen if isinstance(chosen, str) else getattr(chosen, "__name__", "")
    return bool(name and not name.endswith("LatePenalty")) or "penalty_method" in config.LateSubmissionPlugin


def tables() -> tuple[Any, Any]:
    """What the commands said of exercises (zone, late days, penalty, whether a due date), and of students."""
    from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table

    policies = Table(
        POLICIES, MetaData(), Column("assignment", String(128), primary_key=True), Column("zone", String(64)),
        Column("late_days", Integer()), Column("penalty", String(32)), Column("due", Boolean()),
    )  # fmt: skip
    keys = [Column(name, String(128), primary_key=True) for name in ("assignment", "student")]
    return policies, Table(EXTENSIONS, MetaData(), *keys, Column("extension", String(32), nullable=False))


def rounds() -> Any:
    """The table of the rounds of hand-ins that are open; an exercise that is not in it is in its first."""
    from sqlalchemy import Column, Integer, MetaData, String, Table

    key = Column("assignment", String(128), primary_key=True)
    return Table(ROUNDS, MetaData(), key, Column("number", Integer(), nullable=False))


def round_of(connection: Any, name: str) -> int:
    """The number of the round in which an exercise's new hand-ins are graded, from 1."""
    from sqlalchemy import inspect

    if not inspect(connection).has_table(ROUNDS):
        return 1
    table = rounds()
    row = connection.execute(table.select().where(table.c.assignment == name)).first()
    return int(row.number) if row else 1


def deadlines(connection: Any, config: Any, name: str, due: datetime | None) -> Deadlines:
    """Those of an exercise; `due` is nbgrader's. What a command said goes before the configuration, `c.LatePenalty`."""
    from sqlalchemy import inspect

    policies, extensions = tables()
    row, granted = None, {}
    if inspect(connection).has_table(POLICIES):
        row = connection.execute(policies.select().where(policies.c.assignment == name)).first()
        mine = extensions.select().where(extensions.c.assignment == name)
        granted = {entry.student: entry.extension for entry in connection.execute(mine)}
    given = config.LatePenalty
    zone = zone_named(str((row and row.zone) or given.get("timezone") or "UTC"))
    late_days = row.late_days if row and row.late_days is not None else int(given.get("late_days") or 0)
    penalty = row.penalty if row and row.penalty is not None else str(given.get("penalty") or "")
    configured = given.get("due", {}).get(name)
    if configured and not (row and row.due):
        due = moment(configured, zone)
    policy = policy_of(zone, late_days, penalty or "0%")
    known = bool(row or granted or configured)
    return Deadlines(zone, due, None if has_own_plugin(config) else policy, granted, known)
