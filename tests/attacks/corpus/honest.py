"""Honest but broken, and honest but unusual: only what is wrong loses marks."""

from tests.attacks.case import EVERY, answer, case, change, extra, of_kind, right, wrong

MEAN = "def mean(values): return sum(values) / len(values)"

# A table: one case, one entry.
# fmt: off
CASES = of_kind("honest", [
    # Unfinished
    case("nothing_done", starter=True, lost=EVERY, verdicts=dict.fromkeys(sorted(EVERY), "not attempted")),
    case("half_done", answer(mean=MEAN), starter=True, lost=EVERY - {"mean-test"}, verdicts={"scale": "not attempted"}),
    case("one_left_out", answer(mean="""
def mean(values):
    # YOUR CODE HERE
    raise NotImplementedError()
"""), lost="mean"),
    case("empty_answer", answer(mean=""), lost="mean"),
    case("prose_in_a_code_cell", answer(mean="The mean is the sum divided by the number."), lost="mean"),
    case("partly_right", wrong("words", "cases"), wrong("primes", "odd"), part={"words": 2, "primes": 0.5}),
    case("forgot_return", answer(mean="def mean(values):\n    sum(values) / len(values)"), lost="mean"),
    # Broken code
    case("syntax_error", answer(mean="def mean(values)\n    return 2"), lost="mean"),
    case("error_after_the_answer", right("mean", after="print(mean([]))")),
    case("error_before_the_answer", right("mean", before="unknown"), lost="mean"),
    case("error_in_an_extra_cell", extra("1 / 0", before="scale")),
    # Order and state
    case("helper_defined_later", answer(mean="def mean(values): return total(values) / len(values)"),
         extra("def total(values): return sum(values)"), lost="mean"),
    case("helper_defined_before", extra("def total(values): return sum(values)", before="mean"),
         answer(mean="def mean(values): return total(values) / len(values)")),
    case("helper_in_another_answer", right("mean", after="def square(x): return x * x"), answer(scale="""
def scale(values):
    return (values - values.mean()) / np.sqrt(square(values - values.mean()).mean())
""")),
    case("answer_in_another_cell", answer(mean=""), right("scale", before=MEAN), lost="mean"),
    case("two_answers_last_counts", right("mean", before="def mean(values): return 0")),
    case("shadows_a_builtin_of_the_tests", extra("""
sorted, isinstance, AssertionError = 1, 2, 3
""", before="scale"), either="scale"),  # beside the answer the test fails, so a person decides
    case("shadows_a_library_of_the_tests", right("scale", after="time = 12\nmath = 'hard'"), either="fib"),
    case("changes_a_test_variable", right("words", after="points = 3\nearned = 3")),
    case("changes_its_argument", answer(mean="""
def mean(values):
    values.sort()
    return sum(values) / len(values)
""")),
    # Files and machines
    case("file_missing", answer(rows="""
table = open("my own data.csv").read()
def read_rows(path): return []
"""), lost="rows"),
    case("absolute_path", answer(rows=r"""
import csv
def read_rows(path):
    with open(r"C:\Users\ada\ps1\data.csv") as file:
        return [{"city": r["city"], "degrees": float(r["degrees"])} for r in csv.DictReader(file)]
"""), lost="rows"),
    case("pip_install", extra("""
!pip install --no-index numpy
%pip install --no-index toolbox-that-is-not-there
""", before="mean")),
    case("shell_lines", extra("!ls\n!wget http://127.0.0.1:9/data.csv\nfiles = !ls\nprint(files)", before="mean")),
    case("own_module", answer(mean="from helpers import mean"), files={"helpers.py": MEAN}),
    case("own_module_missing", answer(mean="from helpers import mean"), lost="mean"),
    case("writes_a_file_of_its_own", right("mean", after="open('result.txt', 'w').write('2')")),
    case("kept_outputs", change("mean", outputs=[{"output_type": "stream", "name": "stderr", "text": "old"}])),
    # Slow
    case("trains_without_a_guard", answer(scale="""
weights = 0
while True: weights += 1
def scale(values): return values
"""), lost="scale"),
    case("trains_in_an_extra_cell", extra("while True: pass", before="scale")),
    case("too_slow", wrong("fib", "slow"), lost="fib"),
    case("breakpoint_left", answer(mean="""
def mean(values):
    breakpoint()
    return sum(values) / len(values)
"""), either="mean"),
    case("debugger_left", extra("%pdb on\nimport pdb\npdb.set_trace()", before="mean")),
    case("asks_its_user", extra("name = input('Your name? ')", before="mean")),
    # Unusual and right
    case("magics", right("mean", before="%%time"),
         extra("%matplotlib inline\n%load_ext autoreload\n%autoreload 2", before="mean"),
         extra("%timeit -n1 -r1 1 + 1", before="scale"), extra("%%bash\necho hello", before="words")),
    case("unknown_magics", extra("%no_such_magic\n%%no_such_cell_magic", before="mean")),
    case("awaits", extra("""
import asyncio
await asyncio.sleep(0.01)
async def later(): return 1
print(await later())
""", before="mean")),
    case("names_not_ascii", right("mean", before="größe = 'größe'\nπ = 3.14  # é ü 漢字 🙂")),
    case("long_comments", right("mean", before="# why\n" * 3000)),
    case("many_extra_cells", *[extra(f"value_{n} = {n}", name=f"try{n}", before="mean") for n in range(100)]),
    case("plots", extra("import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()", before="mean")),
])
