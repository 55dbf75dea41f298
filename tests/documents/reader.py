"""A reader who types the commands of the documents, one after the other, in a copy of the course."""

import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import bootstrap
from grader.workflow import demo
from tests import quickstart_course as quickstart
from tests.documents.shown import Shown
from tests.waiting import until

LESSONS, CLAIM = (
    "chapters/01_introduction",
    "from mlsd_lib.lesson import Claim, claims\n\nclaims(Claim('one is one', True))",
)
NAME, LIMIT_S, CLASS = "reduce_latency", 300, 3


class Ended(NamedTuple):
    """What a command came to; the `status` of a service that served is 0."""

    status: int
    said: str


class Reader:
    """One who types `commands` in their order; what several documents have typed is typed once.

    `typed`: what is typed for a text with a placeholder. `until`: of commands that serve, what they say once they do;
    an address in a group of it is asked. `served`: what serves while a command runs.
    """

    def __init__(
        self, folder: Path, commands: list[Shown], typed: dict[str, str], until: dict[str, str], served: dict[str, str]
    ) -> None:
        self.course, self.home = folder / "course", folder / "home"
        self.typed, self.until, self.served = typed, until, served
        self.order = list(dict.fromkeys(typed.get(command.text, command.text) for command in commands))
        self.ended: dict[str, Ended] = {}
        self.ports = {port: str(free_port()) for port in ("8899", "8000", "8786")}
        path = os.pathsep.join([str(self.course / ".venv/bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("MLSD_", "PYTEST_"))},
            "HOME": str(self.home),
            "PATH": path,
            "PYTHONPATH": str(self.course),
            "COLUMNS": "200",
            "MLSD_STORE": str(self.home / "store"),
            "BROWSER": "true",
            "XDG_CACHE_HOME": os.path.expanduser("~/.cache"),
        }

    def result(self, text: str) -> Ended:
        """What a command came to, after all that stand before it."""
        wanted = self.typed.get(text, text)
        while wanted not in self.ended:
            following = self.order[len(self.ended)]
            with self.serving(self.served.get(following)):
                self.ended[following] = self.type(following, self.until.get(following))
        return self.ended[wanted]

    def type(self, line: str, says: str | None = None) -> Ended:
        """Run a line in a shell, to its end or until it `says` so; what serves then is asked where it says."""
        with self.running(line) as process:
            if says is None:
                try:
                    said = process.communicate(timeout=LIMIT_S)[0]
                    return Ended(process.returncode, said)
                except subprocess.TimeoutExpired:
                    return Ended(124, f"It did not end within {LIMIT_S} s.")
            said, found = self.heard(process, says)
            if found is None:
                return Ended(process.wait(), said)
            for address in found.groups():
                wait_for_answer(address if "token" in address else f"{address}/healthz")
            return Ended(0, said)

    @staticmethod
    def heard(process: "subprocess.Popen[str]", pattern: str) -> tuple[str, re.Match[str] | None]:
        """What a process has said once that has the `pattern`; None for the match if it ended before."""
        said = ""
        for words in process.stdout or ():
            said += words
            if found := re.search(pattern, said):
                return said, found
        return said, None

    @contextmanager
    def serving(self, line: str | None) -> Iterator[None]:
        """Meanwhile a service runs that the document says to start, if `line` is one, and answers."""
        if line is None:
            yield
            return
        with self.running(line) as process:
            said, found = self.heard(process, self.until[line])
            assert found, said
            yield

    @contextmanager
    def running(self, line: str) -> "Iterator[subprocess.Popen[str]]":
        """A shell that has begun a line, with the ports of this reader; it ends with this."""
        line = re.sub("|".join(self.ports), lambda port: self.ports[port[0]], line)
        with subprocess.Popen(
            ["bash", "-c", line], cwd=self.course, env=self.environment, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            try:
                yield process
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)


def wait_for_answer(page: str) -> None:
    """Ask for a page until somebody answers: JupyterLab names its address before it listens."""

    def answers() -> bool:
        try:
            urllib.request.urlopen(page).close()
        except urllib.error.HTTPError:
            raise
        except OSError:
            return False
        return True

    until(answers, f"an answer of {page}")


def prepare(root: Path, folder: Path) -> None:
    """Fill `folder` with a copy of the course, a home, and the files that the documents suppose."""
    course, home = folder / "course", folder / "home"
    copy(root, course)
    downloads = home / "Downloads"
    downloads.mkdir(parents=True)
    demo.hand_in(course, seed=1, number=CLASS, name=NAME)
    handed_in = course / "moodle.zip"
    for place in (downloads / "submissions.zip", course / "submissions.zip"):
        shutil.copy(handed_in, place)
    for place in ("downloads", "reduce-latency-submissions"):
        shutil.unpack_archive(handed_in, course / place)
    handed_in.unlink()
    people = list(csv.reader((course / "roster.csv").read_text().splitlines()))
    for place in (course / "class.csv", downloads / "courseid_42_participants.csv"):
        shutil.copy(course / "roster.csv", place)
    (course / "groups.csv").write_text(
        "group,student\n" + "".join(f"{i}x,{row[0]}\n" for i, row in enumerate(people[1:]))
    )
    (course / "monday.csv").write_text("time\n" + "".join(f"{second / 10}\n" for second in range(300)))
    (course / "two.yaml").write_text("replicas: {count: 2}\n")
    (course / "three.yaml").write_text("replicas: {count: 3}\n")
    (course / "names.csv").write_text("name,student\n" + "".join(f"{row[1]} {row[2]},{row[0]}\n" for row in people[1:]))
    (course / "Grades.csv").write_text(
        "name,received\n" + "".join(f"{row[0]},2027-01-10 12:00\n" for row in people[1:])
    )
    (course / "requests.csv").write_text("id,item,reason\n")
    quickstart.make(home / "cs101")
    shutil.copytree(home / "cs101/source/ps1", home / "cs101/submitted/anna/ps1")


def copy(root: Path, course: Path) -> None:
    """Copy what git would keep; the lessons that are run compute nothing but one claim, so that each takes a second."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    compiled = [path.relative_to(root) for path in root.glob("mlsd_lib/simulation/__pycache__/*.nb?")]
    for name in [*listed.splitlines(), *compiled]:  # numba compiles for half a minute what it does not find
        if (root / name).is_file():
            (course / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, course / name)
    for path in (course / LESSONS).glob("*.ipynb"):
        notebook = json.loads(path.read_text())
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", ()):
                cell["source"] = [CLAIM if "claims(" in "".join(cell["source"]) else "pass"]
        path.write_text(json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    subprocess.run([sys.executable, "-m", "mlsd", "notebooks", "--fix", LESSONS], cwd=course, check=True)
    made = bootstrap.core(course)
    made.folder.mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.name != made.stamp.name:
            (made.folder / path.name).symlink_to(path)
    made.stamp.write_text(
        f"{bootstrap.checksum(made, bootstrap.version_of(sys.executable))}\n{bootstrap.base_python()}\n"
    )
    for command in ("init --quiet", "add .", "-c user.name=a -c user.email=a@b commit --quiet -m course"):
        subprocess.run(["git", *command.split()], cwd=course, check=True)


def free_port() -> int:
    """A port that nobody holds."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
