"""Odd and hostile folders in nbgrader's exchange, where every student is at home and may write at any time.

In each `ada` and `zoe` submitted right work, and somebody else something odd. `collected` are the students whose right
notebook must have arrived, `refused` and `noted` words that the report must say. No file that a student could not read
may arrive, nothing may be written outside of the submitted folder, and what one of them laid ends it for nobody.
"""

import os
import pwd
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MORNING, NOON = "2026-11-20 08:00:00 UTC", "2026-11-20 12:00:00 UTC"
NB = "ps1.ipynb"
ACCOUNTS = ("nobody", "daemon")  # every Unix has them


@dataclass(frozen=True)
class Laid:
    """`lay` gets the folder in which students submit, the right notebook and the course, and lays something odd."""

    name: str
    lay: Callable[[Path, bytes, Path], None]
    collected: tuple[str, ...] = ("ada", "zoe")
    refused: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()
    as_root: bool = False
    as_user: bool = False


def submitted(inbound: Path, student: str, content: bytes | None, when: str = MORNING) -> Path:
    """What a student's "submit" leaves there; without content no notebook."""
    folder = inbound / f"{student}+ps1+{when}+x"
    folder.mkdir()
    (folder / "timestamp.txt").write_text(when)
    (folder / "submission_secret.txt").write_text(f"{student}'s of {when}")
    if content is not None:
        (folder / NB).write_bytes(content)
    return folder


def instead(make: Callable[[Path, Path, Path], None]) -> Callable[[Path, bytes, Path], None]:
    """`make(notebook, inbound, course)` makes what lies in place of eve's notebook."""
    return lambda inbound, right, course: make(submitted(inbound, "eve", None) / NB, inbound, course)


def called(name: str) -> Callable[[Path, bytes, Path], None]:
    """A folder of another name than nbgrader gives, with right work."""

    def lay(inbound: Path, right: bytes, course: Path) -> None:
        (inbound / name).mkdir()
        (inbound / name / NB).write_bytes(right)

    return lay


def beside(make: Callable[[Path, Path], object]) -> Callable[[Path, bytes, Path], None]:
    """Right work of eve's, and what `make(folder, course)` lays beside it."""

    def lay(inbound: Path, right: bytes, course: Path) -> None:
        make(submitted(inbound, "eve", right), course)

    return lay


def linked_folder(inbound: Path, right: bytes, course: Path) -> None:
    (inbound / f"eve+ps1+{MORNING}+x").symlink_to(course / "source" / "ps1")


def a_file(inbound: Path, right: bytes, course: Path) -> None:
    (inbound / f"eve+ps1+{MORNING}+x").write_bytes(right)


def in_anothers_name(inbound: Path, right: bytes, course: Path) -> None:
    """Newer, and with nothing in it: nobody's own work must stay."""
    for folder, owner in (
        (submitted(inbound, ACCOUNTS[0], right), ACCOUNTS[0]),
        (submitted(inbound, ACCOUNTS[0], b'{"cells": []}', NOON), ACCOUNTS[1]),
    ):
        os.chown(folder, pwd.getpwnam(owner).pw_uid, -1)


def closed(folder: Path, course: Path) -> None:
    (folder / NB).chmod(0)


def closed_folder(folder: Path, course: Path) -> None:
    folder.chmod(0)


def many_links(folder: Path, course: Path) -> None:
    for number in range(2_000):
        (folder / f"{number}.csv").symlink_to(course / "gradebook.db")


def stamped(content: str | bytes, when: str = MORNING) -> Callable[[Path, bytes, Path], None]:
    """Right work of eve's whose time stamp holds `content`, and the time in the folder's name is `when`."""

    def lay(inbound: Path, right: bytes, course: Path) -> None:
        stamp = submitted(inbound, "eve", right, when) / "timestamp.txt"
        stamp.write_bytes(content if isinstance(content, bytes) else content.encode())

    return lay


def a_folder_for(name: str) -> Callable[[Path, Path], None]:
    """A folder that is not empty in a file's place."""

    def make(folder: Path, course: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir()
        (folder / name / "x.csv").write_text("1")

    return make


def deep(folder: Path, course: Path) -> None:
    """More folders in folders than Python goes into by recursion; only a process that goes into each can make them."""
    here = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    for _ in range(1_200):
        os.mkdir("d")
        os.chdir("d")
    os.fchdir(here)
    os.close(here)


def large(folder: Path, course: Path) -> None:
    with (folder / "data.bin").open("wb") as file:
        file.truncate(60_000_000)  # it takes no room until somebody copies it


LAID = (
    Laid("plain", beside(lambda folder, course: None), ("ada", "eve", "zoe")),
    Laid("own_data", beside(lambda folder, course: (folder / "data.csv").write_text("1")), ("ada", "eve", "zoe")),
    Laid("link_to_the_solution", instead(lambda place, _, course: place.symlink_to(course / "source" / "ps1" / NB)),
         refused=("no notebook ps1.ipynb in it", "a link")),
    Laid("link_to_a_neighbours_work", instead(lambda place, inbound, _: place.symlink_to(
        inbound / f"ada+ps1+{MORNING}+x" / NB)), refused=("a link",)),
    Laid("hard_link_to_a_neighbours_work", instead(lambda place, inbound, _: place.hardlink_to(
        submitted(inbound, "bob", b"{}") / NB)), refused=("hard link",)),
    Laid("link_to_a_folder", beside(lambda folder, course: (folder / "more").symlink_to(course / "source")),
         ("ada", "eve", "zoe"), noted=("more",)),
    Laid("link_as_time", beside(lambda folder, course: (folder / "odd.txt").symlink_to(course / "gradebook.db")),
         ("ada", "eve", "zoe"), noted=("odd.txt",)),
    Laid("link_for_a_folder", linked_folder, refused=("eve",)),
    Laid("file_for_a_folder", a_file, refused=("eve",)),
    Laid("file_where_a_folder_is", beside(lambda folder, course: [
        (folder / name).write_text("1") for name in ("a", "a\\b")]), ("ada", "eve", "zoe"), noted=("a/b",)),
    Laid("name_spelled_twice", beside(lambda folder, course: [
        (folder / "\u00e9").write_text("1"), (folder / "e\u0301").mkdir(), (folder / "e\u0301" / "x").write_text("2")]),
         ("ada", "eve", "zoe"), noted=("same name",)),
    Laid("pipe", instead(lambda place, *_: os.mkfifo(place)), refused=(NB,)),
    Laid("no_notebook_after_a_right_one", lambda inbound, right, course: [
        (course / "submitted" / "eve" / "ps1").mkdir(parents=True),
        (course / "submitted" / "eve" / "ps1" / NB).write_bytes(right), submitted(inbound, "eve", None)],
         ("ada", "eve", "zoe"), refused=("no notebook ps1.ipynb in it",)),
    Laid("large", beside(large), ("ada", "eve", "zoe"), noted=("data.bin",)),
    Laid("no_time_in_its_name", called("eve+ps1+soon+x"), refused=("soon",)),
    Laid("time_that_does_not_exist", called("eve+ps1+2026-13-45 99:00:00 UTC+x"), refused=("2026-13-45",)),
    Laid("name_without_parts", called("eve+ps1+"), refused=("eve",)),
    Laid("climbs", called(f"..+ps1+{NOON}+x")),  # to nbgrader a hidden folder
    Laid("option_as_name", called(f"--course+ps1+{NOON}+x"), refused=("--course",)),
    Laid("control_characters", called(f"e\x1b[31mve+ps1+{NOON}+x"), refused=("ve",)),
    Laid("name_that_is_no_text", called(os.fsdecode(b"e\xffve+ps1+") + f"{NOON}+x"), refused=("ve",)),
    Laid("backdated", beside(lambda folder, course: None), ("ada", "eve", "zoe"), noted=("changed",)),
    Laid("in_anothers_name", in_anothers_name, ("ada", ACCOUNTS[0], "zoe"), refused=(ACCOUNTS[1],), as_root=True),
    Laid("many_links", beside(many_links), ("ada", "eve", "zoe"), noted=("1996 more",)),
    Laid("stamp_of_an_earlier_day", stamped("2026-11-01 08:00:00 UTC", NOON), ("ada", "eve", "zoe"), noted=("counts",)),
    Laid("stamp_of_no_day", stamped("yesterday"), ("ada", "eve", "zoe"), noted=("counts",)),
    Laid("stamp_that_is_no_text", stamped(bytes(range(256))), ("ada", "eve", "zoe"), noted=("counts",)),
    Laid("stamp_that_climbs", stamped("../../../submitted/ada"), ("ada", "eve", "zoe"), noted=("counts",)),
    Laid("stamp_missing", beside(lambda folder, course: (folder / "timestamp.txt").unlink()), ("ada", "eve", "zoe"),
         noted=("counts",)),
    Laid("secret_missing", beside(lambda folder, course: (folder / "submission_secret.txt").unlink()),
         ("ada", "eve", "zoe"), noted=("find its feedback",)),
    Laid("folder_for_a_stamp", beside(a_folder_for("timestamp.txt")), ("ada", "eve", "zoe"), noted=("counts",)),
    Laid("folder_for_a_secret", beside(a_folder_for("submission_secret.txt")), ("ada", "eve", "zoe"), noted=("x.csv",)),
    Laid("folder_for_a_notebook", beside(a_folder_for(NB)), refused=("no notebook ps1.ipynb",)),
    Laid("time_that_has_not_come", called("eve+ps1+9999-12-31 23:59:59 UTC+x"), refused=("had not come",)),
    Laid("deep", beside(deep), ("ada", "eve", "zoe"), noted=("too deep",)),
    Laid("unreadable", beside(closed), ("ada", "zoe"), refused=(NB,), as_user=True),
    Laid("unreadable_folder", beside(closed_folder), ("ada", "zoe"), refused=("Permission denied",), as_user=True),
)  # fmt: skip
