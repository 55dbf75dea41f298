"""One worker of a batch as the batch knows it: what it receives, its answers, and the handle on its process.

The process itself is `worker_process`. It is believed in no more than a form: its answers are data.
"""

import base64
import functools
import json
import pickle
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile, gettempdir
from typing import TYPE_CHECKING, Any, BinaryIO

from grader import secret
from grader.errors import GraderError
from grader.grading.analysis.grading_plan import SUITES, Plans
from grader.grading.intake.submission import Assignment, Most, Submission, pack, submission, unpacked_submission
from grader.grading.mark_digests import answers_digest
from grader.grading.output.render import Graded
from grader.sandbox import Limits, best_level, named, protocol
from grader.sandbox.isolation.filesystem_view import view
from grader.sandbox.preload_client import PreloadClient
from grader.sandbox.warmed_process import WarmedProcess
from grader.write_errors import full_disk_told, is_full

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MAIN = "grader.grading.worker_process:main"
SPEC, TASK, DONE = map(ord, "STD")  # the kinds of messages
MOST_BYTES = 2**29  # of an answer: what a submission may hold, and what its cells may put out
# Of an answer, its texts included; files are base64, without any. Each takes up to 80 bytes when it is parsed.
MOST_PARTS = 2_000_000
READ_S = 60.0  # an answer that has begun is whole by then


@dataclass(frozen=True)
class Spec:
    """What every worker of a batch receives. `level` names the sandbox's level.

    `test_digests` as `grader.grading.mark_digests` gives it; it goes into each student's results.
    """

    shared: Assignment
    plans: Plans
    level: str = ""
    test_digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def suites(self) -> list[str]:
        """The modules of suites that its tests call."""
        return [module for module in self.plans.modules if module.startswith(SUITES)]

    def keys(self) -> list[dict[str, str]]:
        """The keys of its suites for each round of hand-ins so far, by exercise."""
        rounds = range(1, self.shared.limits.round_number + 1)
        names = [module[len(SUITES) :] for module in self.suites]
        return [{name: secret.exercise_key(name, number) for name in names} for number in rounds]


@dataclass(frozen=True)
class Task:
    """One student to grade: the folder handed in, and the digest of the job that is recorded already.

    A worker may not look into the folder: what lies there comes in a file, its names from the place `packed` on, and as
    `contents` to another machine; `fault` is why it could not be packed.
    `previous_answers_digest` and `round_number` are of what was graded before.
    """

    student: str
    folder: Path
    recorded: str = ""
    previous_answers_digest: str = ""
    round_number: int = 1
    packed: int | None = None
    contents: bytes = b""
    fault: str = ""

    def with_contents(self, contents: BinaryIO) -> "Task":
        """The same, packed: what is handed in stands in the file `contents` then, and its names, of any number, too.

        So the task is short: while a worker is busy, the batch must not have to wait until one has gone. Raises
        `DiskFull` if there is no room in the file.
        """
        with full_disk_told(Path(gettempdir())):
            try:
                if self.packed is not None:
                    contents.write(self.contents)
                    contents.flush()
                    return replace(self, contents=b"")
                packed, place = pack(self.folder, contents, Most()), contents.tell()
                pickle.dump(packed, contents)
                contents.flush()
                return replace(self, packed=place)
            except OSError as error:
                if is_full(error):
                    raise
                return replace(self, contents=b"", fault=str(error))

    def read(self, shared: Assignment, contents: BinaryIO | None = None) -> Submission:
        """The submission; `contents` is the file that it was packed into. One that was graded before keeps its round;
        any other is of the round that is open."""
        if self.fault:
            raise OSError(self.fault)
        if self.packed is not None and contents is not None:
            contents.seek(self.packed)
            mine = unpacked_submission(shared, self.student, pickle.load(contents), contents)
        else:
            mine = submission(shared, self.student, self.folder)
        if self.previous_answers_digest and self.previous_answers_digest == answers_digest(mine):
            mine.job = replace(mine.job, round_number=self.round_number)
        return mine


@dataclass
class Done:
    """A worker's answer about one student: the record, or None if nothing is to be done, or why there is none.

    `trace` is the traceback of a fault of ours.
    """

    student: str
    graded: Graded | None = None
    failure: str = ""
    trace: str = ""
    spent_s: dict[str, float] = field(default_factory=dict)

    def as_bytes(self) -> bytes:
        """As it is sent."""
        return json.dumps(asdict(self), default=_in_json, allow_nan=False, separators=(",", ":")).encode()

    @classmethod
    def of(cls, sent: bytes, student: str) -> "Done":
        """The answer about `student` in what was sent. Raises `GraderError` for what is none."""
        from pydantic import ValidationError

        if (parts := sum(map(sent.count, (b"{", b"[", b",")))) > MOST_PARTS:
            raise GraderError(f"a worker's answer has {parts:,} parts; {MOST_PARTS:,} are read")
        try:
            done = _form().validate_json(sent, strict=True)
        except ValidationError as error:
            raise GraderError(f"a worker's answer has another form: {error.errors()[0]['msg']}") from None
        about = {done.student, done.graded.student if done.graded else done.student}
        if about != {student}:
            raise GraderError(f"a worker's answer is about {' and '.join(map(repr, sorted(about)))}, not {student!r}")
        for name in done.graded.files if done.graded else ():
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise GraderError(f"a worker's answer names the file {name!r}, which lies outside of the submission")
        return done


def _in_json(value: bytes | set[str]) -> str | list[str]:
    return base64.urlsafe_b64encode(value).decode() if isinstance(value, bytes) else sorted(value)


@functools.cache
def _form() -> "TypeAdapter[Done]":
    """The form of an answer, for the batch alone: a worker writes one without pydantic, which takes long to load."""
    from pydantic import TypeAdapter

    return TypeAdapter(Done)


class WorkerProcess(WarmedProcess):
    """A worker that grades by `spec`, on the processor core `core` if that is not None.

    It is forked from `preload` where that can be. A word of it that is no answer counts as its end.
    """

    def __init__(self, spec: Spec, preload: PreloadClient | None = None, core: int | None = None) -> None:
        level = named(spec.level) if spec.level else best_level()
        self._hidden = [Path(spec.shared.root)] if spec.shared.root else []
        super().__init__(MAIN, level, view(hidden=self._hidden, tests=True), spec.plans.modules, preload)
        self.spec, self.core = spec, core
        self._tasks: deque[Task] = deque()
        with full_disk_told(Path(gettempdir())), TemporaryFile() as file:
            pickle.dump((spec, spec.keys()), file)
            file.flush()
            file.seek(0)
            self.begin()
            assert self._control is not None
            with suppress(protocol.Closed):  # `recv` says why
                protocol.send_raw(self._control, SPEC, b"", [file.fileno()])

    def send(self, task: Task) -> None:
        """Have it answer a task; what was handed in goes with it, packed.

        Raises `BrokenPipeError` if it is gone, `DiskFull` if there is no room to pack.
        """
        assert self._control is not None
        self._tasks.append(task)
        with full_disk_told(Path(gettempdir())), TemporaryFile() as contents:
            packed = pickle.dumps(task.with_contents(contents))
            contents.seek(0)
            try:
                protocol.send_raw(self._control, TASK, packed, [contents.fileno()])
            except protocol.Closed as error:
                raise BrokenPipeError(str(error)) from None

    def recv(self) -> Done:
        """The next answer. Raises `EOFError` if none will come, `SandboxError` if it could not be started."""
        assert self._control is not None
        if self._words is not None:
            self._await_ready()
        try:
            kind, payload = protocol.receive(self._control, MOST_BYTES, time.monotonic() + READ_S)
        except protocol.Closed:
            raise EOFError from None
        finally:
            self._control.settimeout(None)
        try:
            return Done.of(payload if kind == DONE else b"", self._tasks.popleft().student)
        except (GraderError, IndexError) as error:
            raise EOFError(f"({error})") from None

    def fileno(self) -> int:
        """What can be waited for."""
        assert self._control is not None
        return self._control.fileno()

    def end(self, at_once: bool) -> None:
        """End it, and all that it started."""
        self.close()

    def _setting(self) -> dict[str, Any]:
        limits = self.spec.shared.limits
        kept = Limits(limits.cell_s, 2 * limits.cell_s, limits.total_s, limits.memory_mb)
        own = {
            "limits": asdict(kept),
            "forbids": self.spec.plans.forbids,
            "hidden": [str(path) for path in self._hidden],
        }
        return super()._setting() | own | ({} if self.core is None else {"cores": [self.core]})
