"""What student code can see, reach and leave behind, at every level of isolation that this machine offers.

`test_levels` runs this file again as an ordinary user where the tests run as root.
"""

import ast
import ctypes
import os
import resource
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

import grader
from grader.sandbox import Level, Limits, make_sandbox
from grader.sandbox.isolation import landlock
from grader.sandbox.isolation.filesystem_view import parts_of_suites
from grader.sandbox.preload_server import PreloadServer
from grader.sandbox.probe import missing

ROOT = Path(grader.__file__).parents[1]
LEVELS = {"limits": Level.LIMITS, "landlock": Level.LANDLOCK, "bubblewrap": Level.NAMESPACES}
# Each is tried around a fork of a preload server too.
FORKED = {f"{name} from a preload server": level for name, level in LEVELS.items()}
WAYS = LEVELS | FORKED
# As root, student code runs as another user, who may not be able to read this Python; see `test_levels`. A level that
# is weaker than one that works is then not tried; a stronger one is left out by name.
WEAKEST = min((level for level in LEVELS.values() if not missing(level)), default=Level.LIMITS)
HERE = [
    pytest.param(name, marks=pytest.mark.needs(level.name.lower())) for name, level in WAYS.items() if level >= WEAKEST
]
LIMITS = Limits(wall_s=300, memory_mb=300, files_mb=8, processes=24)


@pytest.fixture(scope="module", params=HERE)
def sandbox(request, tmp_path_factory):
    level = WAYS[request.param]
    secret = tmp_path_factory.mktemp("course") / "gradebook.db"
    secret.write_text("marks")
    for folder in (secret.parent.parent, secret.parent.parent.parent):
        folder.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLSD_TEST_SECRET", "do not tell")
        with ExitStack() as ending:
            # Not below pytest's folder, which is closed to the user that student code runs as.
            place = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="mlsd-shown-")))
            place.chmod(0o755)
            shown = [place / "shown"]
            shown[0].mkdir()
            preload = None
            if request.param in FORKED:
                hidden = [] if level == Level.NAMESPACES else None
                preload = ending.enter_context(PreloadServer(["json"], hidden, readable=shown))
            sandbox = ending.enter_context(
                make_sandbox(["json"], level, limits=LIMITS, readable=shown, preload=preload)
            )
            sandbox.test_secret, sandbox.test_preload, sandbox.test_shown = secret, preload, shown[0]
            yield sandbox


@pytest.fixture
def sealed(sandbox, session):
    """A session at a level that hides files."""
    if sandbox.level < Level.LANDLOCK:
        pytest.skip("limits alone hide no files")
    return session


def entries(folder):
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def holds(folder, path):
    return folder in Path(path).parents or str(folder) == str(path)


def value(session, source):
    run = session.run_cell(source)
    assert run.error is None, run.error
    return ast.literal_eval(run.outputs[-1]["data"]["text/plain"])


READ = """
import os
def readable(path):
    try:
        return bool(os.listdir(path) if os.path.isdir(path) else open(path, 'rb').read(1))
    except OSError:
        return False
"""


def test_tests_solutions_gradebook_and_home_cannot_be_read(sandbox, sealed):
    shown = (sys.base_prefix, ROOT, sandbox.test_secret, sandbox.test_shown)
    hidden = [
        *(ROOT / name for name in ("tests", "solutions", ".git", "pyproject.toml", "classroom")),
        *parts_of_suites("hidden"),
        *parts_of_suites("bank"),
        sandbox.test_secret,
        sandbox.test_secret.parent,
        *(entry for entry in entries(Path.home()) if not any(holds(entry, place) for place in shown)),
        Path("/etc/shadow"),
        Path(sandbox._folder or "/etc/shadow"),
        Path(sandbox.test_preload.folder if sandbox.test_preload else "/etc/shadow"),
    ]
    sealed.run_cell(READ)
    assert value(sealed, f"[path for path in {[str(path) for path in hidden]} if readable(path)]") == []


def test_interpreter_library_and_suites_can_be_read(session):
    run = session.run_cell("import grader.suites, mlsd_lib, case_studies, sqlite3, pandas, subprocess, sys")
    assert run.error is None
    command = "[sys.executable, '-c', 'import numpy; print(1)']"
    assert value(session, f"subprocess.run({command}, capture_output=True).stdout") == b"1\n"


def test_the_environment_holds_nothing_of_the_graders(session):
    names = value(session, "import os; sorted(os.environ)")
    assert "MLSD_TEST_SECRET" not in names
    assert not {"USER", "LOGNAME", "SUDO_USER", "SSH_AUTH_SOCK"} & set(names)
    assert value(session, "os.environ['HOME'] == os.getcwd()")


def test_student_code_is_no_root_and_cannot_become_it(session):
    assert value(session, "import os; os.getuid() != 0 and os.geteuid() != 0")
    status = value(session, "dict(line.split(None, 1) for line in open('/proc/self/status') if line.split()[1:])")
    assert (int(status["CapEff:"], 16), status["NoNewPrivs:"].strip()) == (0, "1")
    assert session.run_cell("os.setuid(0)").verdict == "error"


def test_nothing_can_be_written_outside_of_the_sessions_folder(sandbox, sealed):
    places = ["/", "/usr", "/etc", "/var", "/proc/sys", str(ROOT / "grader"), str(ROOT / "mlsd_lib")]
    sealed.run_cell("""
import os
def writable(folder):
    try:
        open(os.path.join(folder, 'planted'), 'w').close()
        return True
    except OSError:
        return False
""")
    assert value(sealed, f"[place for place in {places} if writable(place)]") == []
    assert value(sealed, "writable(os.getcwd()), writable(os.environ['TMPDIR'])") == (True, True)
    assert not list(ROOT.glob("*/planted"))


CHANGE = """
import ctypes, os
def changed(act):
    try:
        act()
    except OSError:
        pass
for path in {}:
    descriptor = os.open(path, os.O_PATH)
    changed(lambda: os.chmod(path, 0))
    changed(lambda: os.chmod(f'/proc/self/fd/{{descriptor}}', 0))
    changed(lambda: os.chown(path, -1, os.getgid()))
    changed(lambda: os.utime(path, (1, 1)))
    changed(lambda: os.utime(path))
    changed(lambda: os.setxattr(path, 'user.planted', b'1'))
    ctypes.CDLL(None).syscall(452, -100, path.encode(), 0, 0)  # fchmodat2
"""


def test_rights_and_times_of_files_outside_stay_although_they_are_its_users(sealed):
    """Landlock does not ask about these calls, and below namespaces an ordinary user's files are the session's."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        places = [Path(folder) / "gradebook.db", Path(folder) / "bob"]
        places[0].write_text("marks")
        places[1].mkdir()
        for place in places if os.getuid() == 0 else []:
            os.chown(place, value(sealed, "__import__('os').getuid()"), 0)
        for place in places:
            os.utime(place, (5, 5))
        before = [(place.stat(), os.listxattr(place)) for place in places]
        sealed.run_cell(CHANGE.format([str(place) for place in places]))
        assert [(place.stat(), os.listxattr(place)) for place in places] == before


def test_tools_that_set_rights_and_times_of_own_files_go_on(session):
    session.run_cell("""
import os, pathlib, shutil
for _ in range(2):
    pathlib.Path('made').touch()
os.makedirs('folder', exist_ok=True)
pathlib.Path('folder/file').write_text('text')
shutil.copytree('folder', 'copied')
shutil.copy2('folder/file', 'again')
os.chmod('again', 0o600)
""")
    there = value(session, "sorted(os.listdir()), os.listdir('copied')")
    assert there == (["again", "copied", "folder", "made"], ["file"])


STREAMS = """
import asyncio, concurrent.futures, socket

async def sent():
    (_, writer), (reader, _) = [await asyncio.open_connection(sock=end) for end in socket.socketpair()]
    writer.write(bytes(2_000_000))
    drained = asyncio.create_task(writer.drain())
    got = await reader.readexactly(2_000_000)
    await drained
    return len(got)

concurrent.futures.ThreadPoolExecutor(1).submit(asyncio.run, sent()).result()
"""


def test_streams_between_own_sockets_go_on(session):
    assert value(session, STREAMS) == 2_000_000


def test_no_address_outside_can_be_reached(session):
    listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        port = listener.getsockname()[1]
        for call in (
            f"socket.create_connection(('127.0.0.1', {port}), timeout=5)",
            "socket.create_connection(('192.0.2.1', 80), timeout=5)",
            "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
            "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b'x', ('2001:db8::1', 53))",
        ):
            assert session.run_cell(f"import socket; {call}").verdict == "error", call


def test_a_socket_file_of_the_host_cannot_be_used(session):
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as listener:
        os.chmod(folder, 0o755)
        listener.bind(f"{folder}/host")
        os.chmod(f"{folder}/host", 0o777)
        listener.listen()
        run = session.run_cell(f"import socket; socket.socket(socket.AF_UNIX).connect('{folder}/host')")
    assert run.verdict == "error"


@pytest.mark.parametrize("made", ["socket.socket", "socket.socketpair"])
@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_RAW])
def test_nothing_is_sent_to_a_socket_file_of_the_host(session, made, kind):
    """A datagram needs no connection."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        os.chmod(folder, 0o755)
        ear.bind(f"{folder}/host")
        os.chmod(f"{folder}/host", 0o777)
        ear.setblocking(False)
        one = f"{made}(socket.AF_UNIX, {int(kind)})" + ("[0]" if made.endswith("pair") else "")
        run = session.run_cell(f"import socket; {one}.sendto(b'a hidden case', '{folder}/host')")
        with pytest.raises(BlockingIOError):
            ear.recv(100)
    assert run.verdict == "error"


@pytest.mark.parametrize("family", [17, 38, 40])  # packets, the kernel's ciphers, a virtual machine's host
def test_sockets_that_no_network_namespace_holds_are_refused(session, family):
    run = session.run_cell(f"import socket; socket.socket({family}, socket.SOCK_SEQPACKET)")
    assert run.error[0] == "PermissionError"


def test_an_abstract_socket_of_the_host_cannot_be_used(session):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0mlsd-test-{os.getpid()}")
        listener.listen()
        run = session.run_cell(f"import socket; socket.socket(socket.AF_UNIX).connect('\\0mlsd-test-{os.getpid()}')")
    assert run.verdict == "error"


def test_other_processes_get_no_signal_from_it(sandbox, sealed):
    victim = psutil.Process()
    run = sealed.run_cell(f"import os; os.kill({victim.pid}, 0)")
    assert run.error[0] in ("PermissionError", "ProcessLookupError")


FOR_OTHERS = {
    "limit": "import resource; resource.prlimit({}, resource.RLIMIT_FSIZE, (4096, 4096))",
    "priority": "import os; os.setpriority(os.PRIO_PROCESS, {}, 19)",
    "priority of the user": "import os; os.setpriority(os.PRIO_USER, {user}, 19)",
    "scheduler": "import os; os.sched_setscheduler({}, os.SCHED_IDLE, os.sched_param(0))",
}


@pytest.mark.parametrize("what", FOR_OTHERS)
def test_limits_and_priorities_of_other_processes_stay(sandbox, session, what):
    """A process may set those of another one of its user: the grader, which would end at its next write."""
    with subprocess.Popen(["sleep", "60"]) as victim:
        try:
            before = _held(victim.pid)
            session.run_cell(FOR_OTHERS[what].format(victim.pid, user=os.getuid()))
            assert _held(victim.pid) == before
        finally:
            victim.kill()


def _held(process):
    limit = resource.prlimit(process, resource.RLIMIT_FSIZE)
    return limit, os.getpriority(os.PRIO_PROCESS, process), os.sched_getscheduler(process)


def test_limits_and_priority_of_its_own_can_be_lowered(session):
    run = session.run_cell("import os, resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)); os.nice(1)")
    assert run.verdict == "ok", run.error


def test_namespaces_show_no_process_of_the_host_and_have_a_loopback_of_their_own(sandbox, session):
    if sandbox.level != Level.NAMESPACES:
        pytest.skip("only namespaces give each session processes and a network of its own")
    assert value(session, "import os; [name for name in os.listdir('/proc') if name.isdigit()]") == ["1"]
    assert value(session, "os.getpid()") == 1
    session.run_cell("import socket; server = socket.create_server(('127.0.0.1', 0))")
    assert session.run_cell("socket.create_connection(server.getsockname())").error is None


def test_no_process_is_left_when_a_session_closes(sandbox):
    with sandbox.open() as session:
        session.run_cell("""
import os, time
for detach in (False, True, True):
    child = os.fork()
    if child == 0:
        if detach:
            os.setsid()
            if os.fork(): os._exit(0)
        time.sleep(9999)
    if detach:
        os.waitpid(child, 0)
""")
        family = [psutil.Process(session.process), *psutil.Process(session.process).children(recursive=True)]
        assert session.helpers() == 3
    assert [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []


def test_a_fork_bomb_is_bounded_and_buried(sandbox):
    with sandbox.open(limits=replace(LIMITS, processes=8)) as session:  # and leaves some to others of the same user
        run = session.run_cell("""
import os
children = 0
try:
    while True:
        if os.fork() == 0:
            import time; time.sleep(9999)
        children += 1
except OSError:
    pass
""")
        assert run.verdict == "ok" or sandbox.level < Level.NAMESPACES  # the kernel refused, before the watch had to
        assert session.helpers() <= LIMITS.processes + 16
        process = session.process
    assert not process or not psutil.pid_exists(process)
    with sandbox.open() as session:
        assert session.helpers() == 0


def test_the_folder_is_gone_afterwards_whatever_rights_it_was_given(sandbox):
    with sandbox.open({"deep/file": b"x"}) as session:
        session.run_cell("import os; os.chmod('deep', 0); os.symlink('/', 'root'); os.mkfifo('pipe'); os.chmod('.', 0)")
        folder = getattr(session, "folder", "")
    assert not folder or not os.path.lexists(folder)


DEEP = """
import os
for number in range({}):
    os.mkdir('deeper')
    os.chdir('deeper')
open('file', 'w').close()
"""


@pytest.mark.parametrize("depth", [300, 1200])
def test_folders_that_lie_too_deep_cost_only_their_session_and_are_gone_afterwards(sandbox, depth):
    """In one of so many no file has a name that the kernel takes, and none can be walked through by recursion."""
    with sandbox.open() as session:
        session.run_cell(DEEP.format(depth))
        session.run_cell("import time; time.sleep(0.2)")  # so that it is looked at
        folder = session.folder
    assert not folder or not [one for one in Path(folder).parent.iterdir() if one.name.startswith(Path(folder).name)]
    with sandbox.open() as session:
        assert session.run_cell("1").verdict == "ok"


UNCOUNTED = {"nameless": DEEP.format(700), "closed": "import os; os.mkdir('closed', 0)"}


@pytest.mark.parametrize("folder", UNCOUNTED)
def test_a_session_ends_whose_files_cannot_be_counted(sandbox, folder):
    if sandbox.level == Level.NAMESPACES:
        pytest.skip("a session with a file system of its own has one of that size")
    if folder == "closed" and os.getuid() == 0:
        pytest.skip("root reads everything")
    with sandbox.open() as session:
        run = session.run_cell(f"{UNCOUNTED[folder]}\nimport time; time.sleep(60)")
    assert (run.verdict, "MB" in run.error[1]) == ("memory", True)


KEPT = {
    "open": "held.append(file)",
    "mapped": "held.append(mmap.mmap(file.fileno(), 7 * 2**20)); file.close()",
    "open in a child": "held.append(os.fork() or time.sleep(99)); file.close()",
}


@pytest.mark.parametrize("kept", KEPT)
def test_a_session_ends_that_writes_more_into_files_without_a_name(sandbox, kept):
    """They take their room on the disk as long as somebody has them open, and no folder lists them."""
    if sandbox.level == Level.NAMESPACES:
        pytest.skip("a session with a file system of its own has one of that size")
    writes = f"file = open('x', 'wb+'); os.unlink('x'); file.write(bytes(7 * 2**20)); file.flush(); {KEPT[kept]}"
    with sandbox.open() as session:
        run = session.run_cell(f"import mmap, os, time\nheld = []\nfor _ in range(3):\n    {writes}\ntime.sleep(3)")
    assert (run.verdict, run.error and run.error[1]) == ("memory", "It wrote more than 8 MB or more than 8192 files.")


def test_no_file_without_a_name_is_kept_on_its_way_through_a_socket(sandbox):
    """There nobody can count it; a file system of the session's own counts it all the same."""
    sends = "import os, socket\nsome, other = socket.socketpair()\nfile = open('x', 'wb'); os.unlink('x')\n"
    with sandbox.open() as session:
        run = session.run_cell(f"{sends}socket.send_fds(some, [b'x'], [file.fileno()])")
    assert (run.error and run.error[0]) == (None if sandbox.level == Level.NAMESPACES else "PermissionError")


def test_a_child_that_has_ended_while_another_lives_is_no_memory(session):
    """Nobody but root may read what open files it has left: none."""
    forks = "import os, time\nif os.fork() == 0: time.sleep(99)\nif os.fork() == 0: os._exit(3)\n"
    assert session.run_cell(f"{forks}time.sleep(0.5)\nos._exit(3)").verdict == "crashed"


def test_what_a_course_shows_can_be_read(sandbox, session):
    shown = sandbox.test_shown
    (shown / "data.csv").write_text("a,b")
    assert value(session, f"open({str(shown / 'data.csv')!r}).read()") == "a,b"


WATCHES = "import ctypes; library = ctypes.CDLL(None); library.inotify_init(), library.inotify_init1(0)"
CALLS = """
import ctypes, os
library, read = ctypes.CDLL(None), os.open(os.__file__, os.O_RDONLY)
byte = ctypes.create_string_buffer(1)
library.semget(7, 1, 0o1666), library.mincore(0, 1, byte), library.posix_fadvise(read, 0, 0, 4)
"""
NOTIFIED = "import fcntl, os\nfcntl.fcntl(os.open(os.path.dirname(os.__file__), 0), fcntl.F_NOTIFY, fcntl.DN_ACCESS)"
LOCKS = """
import fcntl, os
read = open(os.__file__)
fcntl.flock(read, fcntl.LOCK_EX | fcntl.LOCK_NB)
fcntl.lockf(read, fcntl.LOCK_SH | fcntl.LOCK_NB)
"""
A_DATABASE = "import sqlite3; sqlite3.connect('own.db').execute('create table one (number int)')"


def test_what_a_session_reads_or_locks_is_seen_by_no_other(sandbox):
    """Files of libraries are the same for all: who saw them opened or locked would be told a message."""
    with sandbox.open() as first, sandbox.open() as second:
        for session in (first, second):
            assert session.run_cell(CALLS).outputs[0]["data"]["text/plain"] == "(-1, -1, 0)"
            assert session.run_cell(WATCHES).outputs[0]["data"]["text/plain"] == "(-1, -1)"
            assert session.run_cell(NOTIFIED).verdict == "error"
            run = session.run_cell(LOCKS)
            assert run.verdict == "ok", run.error
            assert session.run_cell(A_DATABASE).verdict == "ok"


OTHERS = """
import ctypes, os
library, message = ctypes.CDLL(None), ctypes.create_string_buffer(16)
library.shmat({0}, None, 0), library.msgsnd({1}, message, 8, 0o4000), library.semop({2}, bytes(6), 1)
"""
REMOVED = """
library.shmctl({0}, 0, None), library.msgctl({1}, 0, None), library.semctl({2}, 0, 0), library.mq_unlink(b"{3}")
"""


def test_shared_memory_queues_and_semaphores_of_others_cannot_be_used_or_removed(session):
    """They have numbers, which can be guessed, and no place among the files."""
    library, queue = ctypes.CDLL(None), f"/mlsd-test-{os.getpid()}"
    mine = library.shmget(0, 4096, 0o1666), library.msgget(0, 0o1666), library.semget(0, 1, 0o1666)
    handle = library.mq_open(queue.encode(), os.O_CREAT, 0o666, None)
    try:
        assert min(*mine, handle) >= 0
        assert value(session, OTHERS.format(*mine)) == (-1, -1, -1)
        assert value(session, REMOVED.format(*mine, queue)) == (-1, -1, -1, -1)
    finally:
        os.close(handle)
        library.shmctl(mine[0], 0, None), library.msgctl(mine[1], 0, None), library.semctl(mine[2], 0, 0)
        library.mq_unlink(queue.encode())


# Pages that only a pipe or a socket holds, the kernel's rings and rules: each in memory that is no process's.
HELD_BY_NOBODY = """
import ctypes, os, struct
library, (_, end) = ctypes.CDLL(None), os.pipe()
page = struct.pack("PN", ctypes.addressof(ctypes.create_string_buffer(1)), 1)
(
    library.vmsplice(end, page, 1, 0),
    library.syscall({"x86_64": 206, "aarch64": 0}[os.uname().machine], 9, struct.pack("Q", 0)),
    library.syscall(444, struct.pack("Q", 2), 8, 0),
    library.splice(file := os.open(os.__file__, os.O_RDONLY), None, end, None, 1, 0),
    library.sendfile(end, file, None, 1),
    library.setsockopt(library.socket(2, 1, 0), 1, 60, struct.pack("i", 1), 4),
)
"""


def test_no_memory_is_held_where_no_limit_counts_it(session):
    assert value(session, HELD_BY_NOBODY) == (-1,) * 6


def test_the_most_memory_that_a_session_held_cannot_be_set_back(sandbox):
    if sandbox.level < Level.LANDLOCK or not landlock.version():
        pytest.skip("without Landlock no file of the process's own is kept from it")
    with sandbox.open() as session:
        session.run_cell("held = bytearray(150 * 2**20); del held")
        assert session.run_cell("open('/proc/self/clear_refs', 'w').write('5')").error[0] == "PermissionError"
        assert session.peak_mb() > 150
        assert session.run_cell("open('/dev/null', 'w').write('x'), open('own', 'w').write('x')").verdict == "ok"
