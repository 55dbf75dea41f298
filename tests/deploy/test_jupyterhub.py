"""The configuration in deploy/jupyterhub: a real hub and proxy, three users, nbgrader's exchange between them."""

import csv
import json
import os
import pwd
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from grader.sandbox.isolation import bubblewrap
from tests import toy_course
from tests.needs import skip_without

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy" / "jupyterhub"
USERS = {"teacher": 64001, "ann": 64002, "bob": 64003}


@pytest.fixture(scope="module")
def place():
    """A folder that every user may enter; that of other tests is closed to them."""
    with tempfile.TemporaryDirectory(prefix="hub-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def with_users(place: Path) -> list[str]:
    """bubblewrap's words for a machine like this one that has the test's users as well, and no network but its own."""
    lines = [f"{name}:x:{number}:{number}::{place}/home/{name}:/bin/sh" for name, number in USERS.items()]
    groups = [f"{name}:x:{number}:" for name, number in USERS.items()]
    for name, more in {"passwd": lines, "group": groups}.items():
        (place / name).write_text("\n".join([Path(f"/etc/{name}").read_text().rstrip(), *more, ""]))
    for name, number in USERS.items():
        home = place / "home" / name
        home.mkdir(parents=True, mode=0o700)
        os.chown(home, number, number)
    words = [bubblewrap.program(), "--dev-bind", "/", "/", "--cap-add", "ALL", "--die-with-parent"]
    words += ["--unshare-net", "--unshare-pid"]
    words += [
        "--proc",
        "/proc",
        "--bind",
        str(place / "passwd"),
        "/etc/passwd",
        "--bind",
        str(place / "group"),
        "/etc/group",
    ]
    # An interpreter in root's home is closed to users: the home is covered, and the interpreter's folder put back.
    home, base = Path(pwd.getpwuid(0).pw_dir), Path(sys.base_prefix)
    if base.is_relative_to(home):
        words += ["--perms", "0755", "--tmpfs", str(home)]
        between = [parent for parent in reversed(base.parents) if parent.is_relative_to(home) and parent != home]
        words += [word for folder in between for word in ("--perms", "0755", "--dir", str(folder))]
        words += ["--ro-bind", str(base), str(base)]
    return words


@pytest.fixture(scope="module")
def day(place):
    """What each step of one day on the hub gave."""
    if os.geteuid() != 0:
        pytest.skip("needs root, which alone can start a server as its user")
    skip_without("bubblewrap", "the proxy of JupyterHub")
    surroundings = with_users(place)
    course = toy_course.make(place / "course")
    # The hub's files too lie in the course, where the manual puts them; the edition is what students can read.
    deploy = shutil.copytree(DEPLOY, course.root / "deploy" / "jupyterhub", symlinks=True)
    exchange = place / "exchange"
    for path in [course.root, *course.root.rglob("*")]:
        os.chown(path, USERS["teacher"], USERS["teacher"], follow_symlinks=False)
    course.root.chmod(0o700)  # as INSTRUCTORS.md asks: it holds solutions and marks
    environment = {
        "HOME": str(place / "home"),
        "HUB_CONFIG": str(Path(__file__).with_name("hub_config.py")),
        "HUB_COURSE": str(course.root),
        "HUB_DEPLOY": str(deploy),
        "HUB_TOKEN": secrets.token_hex(16),
        "MLSD_EDITION": str(Path(sys.prefix).parent),
        "MLSD_EXCHANGE": str(exchange),
        "MLSD_HUB_HOST": "http://hub.localhost:8000",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    words = [*surroundings, "--chdir", str(place), sys.executable, str(Path(__file__).with_name("hub_day.py"))]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-6000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_two_students_fetch_and_submit_and_the_teacher_collects_and_grades(day, place):
    assert "2 of 2 graded" in day["grade"]
    rows = {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(day["marks"].splitlines())}
    assert rows == {"ann": 6.0, "bob": 4.0}


def test_each_student_reads_the_own_feedback_in_jupyterlab(day):
    ann, bob = ([re.sub(r"<[^>]*>", "", page) for page in day["feedback"][user]] for user in ("ann", "bob"))
    assert [len(ann), len(bob)] == [1, 1]
    assert "return x // 2" in bob[0]
    assert "return x // 2" not in ann[0]


def test_no_student_reads_the_course_the_marks_or_what_others_handed_in(day):
    assert day["read by ann"] == []
    assert {"course", "gradebook"} <= set(day["read by the teacher"])


def test_each_user_has_an_origin_of_their_own_and_no_other_serves_their_files(day):
    """By names that no name server knows: the requests carry them. The hub and bob's origin send on to ann's."""
    assert day["origins"] == {
        "hub.localhost:8000": 302, "ann.hub.localhost:8000": 200, "bob.hub.localhost:8000": 302,
    }  # fmt: skip


def test_the_configuration_says_what_is_missing_and_how_to_make_it(tmp_path):
    words = [sys.executable, "-m", "jupyterhub", "--config", str(DEPLOY / "jupyterhub_config.py")]
    done = subprocess.run(
        words, env={**os.environ, "MLSD_EDITION": str(tmp_path)}, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "jupyterhub-singleuser. To make it: in" in done.stderr
