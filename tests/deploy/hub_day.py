"""One day on the hub, run inside the surroundings that test_jupyterhub makes: prints what each step gave as JSON.

The teacher and two students are users of the (private) machine. Students act through their servers' addresses, as
JupyterLab does; the teacher types commands.
"""

import json
import os
import pwd
import subprocess
import sys
import time
from pathlib import Path

import httpx

URL, TOKEN = "http://127.0.0.1:8000", os.environ["HUB_TOKEN"]
HUB = os.environ["MLSD_HUB_HOST"].partition("://")[2]
BIN = Path(sys.executable).parent
COURSE = Path(os.environ["HUB_COURSE"])
STUDENTS = {"ann": "return x / 2", "bob": "return x // 2"}
sent = {"Authorization": f"token {TOKEN}", "Host": HUB}
client = httpx.Client(base_url=URL, headers=sent, timeout=120)


def until(ready, what: str, within_s: float = 150.0):
    """What `ready` gives as soon as it gives something."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            if found := ready():
                return found
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    sys.exit(f"{what} did not happen within {within_s:g} s")


def teacher(*words: str, status: int = 0) -> str:
    """What a command of the teacher's says, given in the course's folder."""
    done = subprocess.run(
        [str(BIN / words[0]), *words[1:]],
        cwd=COURSE,
        user="teacher",
        group=pwd.getpwnam("teacher").pw_gid,
        extra_groups=[],
        env={**os.environ, "HOME": pwd.getpwnam("teacher").pw_dir},
        capture_output=True,
        text=True,
    )
    if done.returncode != status:
        sys.exit(f"{' '.join(words)} ended with status {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def start(user: str) -> None:
    """Have the hub start a user's server."""
    client.post(f"/hub/api/users/{user}").raise_for_status()
    client.post(f"/hub/api/users/{user}/server").raise_for_status()


def is_ready(user: str) -> bool:
    return bool(client.get(f"/hub/api/users/{user}").json()["servers"].get("", {}).get("ready"))


def own(user: str) -> dict:
    """The header by which a request goes to the user's own origin, whatever a name server knows."""
    return {"Host": f"{user}.{HUB}"}


def act(user: str, action: str) -> dict:
    """A click in the student's assignment list."""
    words = {"course_id": "mlsd", "assignment_id": "halves"}
    answer = client.post(f"/user/{user}/assignments/{action}", data=words, headers=own(user))
    answer.raise_for_status()
    return answer.json()


def solve(user: str, body: str) -> None:
    """Open the notebook that was fetched, answer in it and save it, as JupyterLab does."""
    place = f"/user/{user}/api/contents/halves/halves.ipynb"
    notebook = client.get(place, headers=own(user)).raise_for_status().json()["content"]
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name == "half":
            cell["source"] = f"def half(x):\n    {body}"
        if name == "spread":
            cell["source"] = "def spread(values):\n    return max(values) - min(values)"
    client.put(place, json={"type": "notebook", "content": notebook}, headers=own(user)).raise_for_status()


def reads(user: str, path: Path) -> bool:
    """Whether a user may read a file or list a folder."""
    identity = pwd.getpwnam(user)
    words = ["ls" if path.is_dir() else "cat", str(path)]
    done = subprocess.run(words, user=user, group=identity.pw_gid, extra_groups=[], capture_output=True)
    return done.returncode == 0


def day() -> dict:
    """What each step gave."""
    report = {"release": teacher("mlsd", "release", "halves")}
    teacher("nbgrader", "release_assignment", "halves")
    for user in STUDENTS:
        start(user)
    for user, body in STUDENTS.items():
        until(lambda user=user: is_ready(user), f"the start of {user}'s server")
        act(user, "fetch")
        solve(user, body)
        act(user, "submit")
    report["collect"] = teacher("mlsd", "collect", "halves")
    report["grade"] = teacher("mlsd", "grade", "halves")
    teacher("mlsd", "feedback", "halves")
    teacher("nbgrader", "release_feedback", "halves")
    report["marks"] = teacher("mlsd", "export", "halves", "--to", "marks.csv") and (COURSE / "marks.csv").read_text()
    report["feedback"] = {}
    for user in STUDENTS:
        act(user, "fetch_feedback")
        found = client.get(f"/user/{user}/assignments", params={"course_id": "mlsd"}, headers=own(user))
        listed = found.json()["value"]
        [submission] = [
            submission for found in listed if found["status"] == "submitted" for submission in found["submissions"]
        ]
        pages = [notebook["local_feedback_path"] for notebook in submission["notebooks"]]
        report["feedback"][user] = [
            client.get(f"/user/{user}/files/{page}", headers=own(user)).raise_for_status().text for page in pages
        ]
    report["origins"] = {
        host: client.get("/user/ann/api/contents", headers={"Host": host}).status_code
        for host in (HUB, *(own(user)["Host"] for user in STUDENTS))
    }
    inbound = Path(os.environ["MLSD_EXCHANGE"]) / "mlsd" / "inbound"
    secrets = {"course": COURSE, "gradebook": COURSE / "classroom" / "gradebook.db", "inbound": inbound}
    report["read by ann"] = [name for name, path in secrets.items() if reads("ann", path)]
    report["read by the teacher"] = [name for name, path in secrets.items() if reads("teacher", path)]
    return report


def main() -> None:
    """Start the hub, live the day, end the hub."""
    hub = subprocess.Popen([str(BIN / "jupyterhub"), "--config", os.environ["HUB_CONFIG"]], stdout=sys.stderr)
    try:
        until(lambda: hub.poll() is not None or client.get("/hub/api/").status_code == 200, "the start of the hub")
        print(json.dumps(day()))
    finally:
        hub.terminate()
        hub.wait(60)


if __name__ == "__main__":
    main()
