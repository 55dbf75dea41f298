"""Process and resources: ends, hangs, bombs (all bounded), leftovers, and noise that must not cost marks."""

from tests.attacks.case import answer, case, extra, of_kind, right

ALL_BUT_MEAN = "scale words rows primes fib"

# Lives on for a minute, found by the run's name in its command line.
STAYS = '[sys.executable, "-c", "import time; time.sleep(60)", "@RUN@"]'

DAEMON = f"""
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, {STAYS})
    os._exit(0)
os.wait()
"""

FORK_BOMB = """
import os, time
def bomb():
    started = []
    for _ in range(300):
        try: child = os.fork()
        except OSError: break
        if child == 0:
            time.sleep(20)
            os._exit(0)
        started.append(child)
bomb()
"""

SPINNING = """
import os, time
for _ in range(60):
    if os.fork() == 0:
        end = time.monotonic() + 60
        while time.monotonic() < end: pass
        os._exit(0)
"""

MEMORY_BOMB = """
held = []
for _ in range(3 * 16):  # 3 GB at most
    block = bytearray(64 * 2**20)
    block[::4096] = b"x" * len(block[::4096])
    held.append(block)
raise MemoryError("3 GB were given")
"""

DISK_BOMB = """
with open("bomb.bin", "wb") as file:
    for _ in range(250):
        file.write(bytes(1_000_000)); file.flush()
"""


def loops(body: str) -> str:
    return f"def mean(values):\n    while True:\n        {body}"


# A table: one case, one entry.
# fmt: off
CASES = of_kind("processes", [
    # Ends
    case("exit_in_the_function", answer(mean="import sys\ndef mean(values): sys.exit(0)"), lost="mean"),
    case("exit_at_once_after_the_answer", right("mean", after="import os\nos._exit(0)"), either="mean"),
    case("exit_at_once_in_the_function", answer(mean="import os\ndef mean(values): os._exit(0)"), lost="mean",
         verdicts={"mean": "crashed"}),
    case("exit_quietly_in_an_extra_cell", extra("import sys\nsys.exit(0)", before="scale")),
    case("exit_at_once_in_an_extra_cell", extra("import os\nos._exit(1)", before="scale")),
    case("kills_itself", answer(mean="import os\ndef mean(values): os.kill(os.getpid(), 9)"), lost="mean"),
    case("aborts", answer(mean="import os\ndef mean(values): os.abort()"), lost="mean", verdicts={"mean": "crashed"}),
    case("segfault", answer(mean="import ctypes\ndef mean(values): ctypes.string_at(0)"), lost="mean",
         verdicts={"mean": "crashed"}),
    case("interrupts_itself", answer(mean="import os\ndef mean(values): os.kill(os.getpid(), 2)"), lost="mean"),
    case("stops_itself", answer(mean="import os\ndef mean(values): os.kill(os.getpid(), 19)"), lost="mean"),
    case("kills_its_parent", extra("""
import os
if os.getppid() > 1:
    os.kill(os.getppid(), 9)
""", before="scale")),
    case("kills_its_group", extra("import os\nos.killpg(0, 9)", before="scale")),
    case("asks_the_kernel_to_end", extra("get_ipython().ask_exit()", before="scale")),
    case("closes_every_channel", answer(mean="import os\ndef mean(values): os.closerange(3, 500)"), lost="mean",
         verdicts={"mean": "crashed"}),
    case("recursion", answer(mean="def mean(values): return mean(values)"), lost="mean"),
    case("recursion_without_limit", answer(mean="""
import sys
sys.setrecursionlimit(10**9)
class Deep:
    def __getattr__(self, name): return getattr(self, name)
def mean(values): return Deep().x
"""), lost="mean"),
    case("raises_beyond_exception", answer(mean="""
class Odd(BaseException): pass
def mean(values): raise Odd
"""), lost="mean"),
    case("error_without_text", answer(mean="""
class Odd(Exception):
    def __str__(self): raise KeyError
    __repr__ = __str__
def mean(values): raise Odd
"""), lost="mean"),
    case("error_with_endless_text", answer(mean="def mean(values): raise ValueError('x' * 50_000_000)"), lost="mean"),
    # Hangs
    case("loop", answer(mean=loops("pass")), lost="mean", verdicts={"mean": "timeout"}),
    case("loop_in_the_cell", answer(scale="while True: pass"), lost="scale"),
    case("loop_in_c", answer(mean="""
import collections, itertools
def mean(values): collections.deque(itertools.repeat(0), maxlen=0)
"""), lost="mean", verdicts={"mean": "timeout"}),
    case("loop_that_swallows_interrupts", answer(mean="""
def mean(values):
    while True:
        try:
            while True: pass
        except BaseException: pass
"""), lost="mean", verdicts={"mean": "timeout"}),
    case("loop_deaf_to_signals", answer(mean="""
import signal
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
def mean(values):
    while True: pass
"""), lost="mean", verdicts={"mean": "timeout"}),
    case("sleeps", answer(mean="import time\ndef mean(values): time.sleep(3600)"), lost="mean",
         verdicts={"mean": "timeout"}),
    case("waits_for_input", answer(mean="""
number = input("How many? ")
def mean(values): return sum(values) / number
"""), lost="mean"),
    case("reads_standard_input", answer(mean="""
import sys
def mean(values): return float(sys.stdin.readline())
"""), lost="mean"),
    case("sleeps_below_the_limit", *[extra("import time\ntime.sleep(3.5)", name=f"nap{n}") for n in range(3)]),
    case("hangs_at_exit", extra("import atexit, time\natexit.register(time.sleep, 60)")),
    case("destructor_hangs", extra("""
class Sticky:
    def __del__(self):
        while True: pass
sticky = Sticky()
""")),
    # Leftovers
    case("thread_that_stays", extra("""
import threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
""", before="mean")),
    case("thread_that_prints", extra("""
import threading, time
def chatter():
    for _ in range(2000):
        print("still here"); time.sleep(0.005)
threading.Thread(target=chatter, daemon=True).start()
""", before="mean")),
    case("process_that_stays", extra(f"import subprocess, sys\nsubprocess.Popen({STAYS}, start_new_session=True)")),
    case("daemon_that_stays", extra(DAEMON)),
    case("fork_that_goes_on", extra("import os, time\nif os.fork() == 0:\n    time.sleep(30)")),
    case("pool_that_stays", extra("import multiprocessing\npool = multiprocessing.get_context('fork').Pool(2)")),
    # Bombs, bounded
    case("fork_bomb", answer(mean=FORK_BOMB), lost="mean"),
    # Its own tests after the cell are slow; those of the neighbours, who are honest, must not be.
    case("sixty_spinning_processes", extra(SPINNING, before="scale"), either=ALL_BUT_MEAN),
    case("thread_bomb", extra("""
import threading, time
try:
    for _ in range(1000): threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
except RuntimeError: pass
""")),
    case("memory_bomb", answer(mean=MEMORY_BOMB), lost="mean"),
    case("memory_bomb_that_hides_its_error", answer(mean="try:\n" + "\n".join(
        f"    {line}" for line in MEMORY_BOMB.splitlines()) + "\nexcept MemoryError: pass"), lost="mean"),
    case("memory_bomb_of_small_parts", answer(mean="held = []\nwhile True: held.append([len(held)] * 1000)"),
         lost="mean"),
    case("disk_bomb", extra(DISK_BOMB, before="scale"), size_mb=100),
    case("files_bomb", extra("""
for n in range(5000):
    open(f"file-{n}", "w").write("x")
""", before="scale"), size_mb=100),
    case("descriptors_exhausted", extra("""
held = []
try:
    for _ in range(5000): held.append(open("/dev/null"))
except OSError: pass
""", before="scale"), either="rows scale"),  # each opens or imports a file
    case("output_bomb", right("mean", after="for _ in range(50): print('x' * 1_000_000)")),
    case("output_of_many_pieces", right("mean", after="for n in range(20_000): display(n)")),
    case("output_by_the_descriptor", right("mean", after="""
import os
for _ in range(50): os.write(1, b"y" * 1_000_000)
""")),
    case("result_bomb", right("mean", after="'z' * 50_000_000")),
    # Noise that must not cost marks
    case("warns", answer(mean="""
import warnings
def mean(values):
    warnings.warn("the mean is not robust")
    return sum(values) / len(values)
""")),
    case("prints_to_stderr", answer(mean="""
import sys
def mean(values):
    print("progress 100 %", file=sys.stderr)
    return sum(values) / len(values)
""")),
    # The folder stays changed, as in any notebook; only what looks for its own file is hurt by it.
    case("changes_folder", extra("import os\nos.chdir('/')", before="rows"), either="rows"),
    case("closes_stdout", extra("import sys\nsys.stdout.close()", before="scale"), either=ALL_BUT_MEAN),
    case("stdout_none", extra("import sys\nsys.stdout = sys.stderr = None", before="scale")),
    case("stops_collecting", extra("import gc\ngc.disable()\ngc.freeze()", before="mean")),
    case("runs_an_event_loop", extra("""
import asyncio
await asyncio.sleep(0)
task = asyncio.ensure_future(asyncio.sleep(60))
""", before="mean")),
    case("resets_names", extra("%reset -f")),
    case("lowers_its_priority", extra("import os\nos.nice(19)", before="mean")),
    case("traces", right("mean", before="import sys\nsys.setprofile(lambda *a: None)")),
])
