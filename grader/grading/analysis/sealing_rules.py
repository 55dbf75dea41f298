"""Which test cells cannot be decided apart from the student's code, why, and what to write instead.

Read from the instructor's text, before any submission. A rule rather says no once too often: a test that is not sealed
is decided beside the student's code, one that is sealed wrongly gives points that stock nbgrader refuses. No name of
an assignment may enter here.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass

from grader.grading.analysis import name_analysis
from grader.grading.analysis.aliasing import changed_and_looked_at
from grader.grading.analysis.sealing_signs import (
    built_in_bound_again,
    called,
    copies,
    environment_changed,
    errors_made_of_warnings,
    evaluated_by_pandas,
    exact_type,
    formats,
    identity,
    module_asked,
    module_changed,
    modules_of_python,
    names,
    namespace_written,
    opens_to_write,
    opens_what_is_named,
    students_name_bound_again,
    waits,
    words,
)  # fmt: skip
from grader.grading.analysis.trusted_cell import TrustedCell

NAMES_OF_SHELL = frozenset({"get_ipython", "In", "Out", "breakpoint"})
SOURCES = frozenset({
    "getsource", "getsourcelines", "getsourcefile", "currentframe", "getmembers", "getfile", "getmodule", "__code__",
    "__closure__", "__globals__", "__wrapped__",
})  # fmt: skip
RUN_TEXT = frozenset({"eval", "exec", "compile", "__import__"})  # as names of their own: a pattern is compiled too
RUNS_TEXT = frozenset({
    "query", "sympify", "parse_expr", "execute", "executescript", "executemany", "read_sql", "read_sql_query",
    "read_sql_table", "import_module", "run_path", "run_module", "popen", "subprocess", "importlib", "runpy", "numexpr",
    "lambdify", "parse_latex", "parse_mathematica",
})  # fmt: skip
PICKLES = frozenset({
    "pickle", "joblib", "dill", "cloudpickle", "read_pickle", "to_pickle", "shelve", "marshal", "allow_pickle",
})  # fmt: skip
LOADS_OBJECTS = frozenset(
    {"yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "torch.load", "os.system"}
)
FORBIDS = frozenset({
    "setrecursionlimit", "settrace", "setprofile", "addaudithook", "setrlimit", "socket", "putenv", "unsetenv", "chdir",
    "alarm", "setitimer", "set_int_max_str_digits", "setswitchinterval",
})  # fmt: skip
MOCKS = frozenset({"mock", "monkeypatch", "MagicMock", "create_autospec", "pyfakefs", "freezegun"})
WARNINGS = frozenset({"warns", "deprecated_call", "assertWarns", "assertWarnsRegex", "assertLogs", "caplog"})
IDENTITY = frozenset({
    "assertIs", "assertIsNot", "is_", "is_not", "shares_memory", "may_share_memory", "getsizeof", "getrefcount",
    "weakref", "get_referrers", "owndata", "OWNDATA",
})  # fmt: skip
WRITES = frozenset({
    "to_csv", "to_json", "to_parquet", "to_excel", "to_feather", "to_sql", "savetxt", "savez", "savefig", "write_text",
    "write_bytes", "write_csv", "write_parquet", "mkdir", "makedirs", "unlink", "rmtree", "tempfile", "mkdtemp",
    "TemporaryDirectory", "NamedTemporaryFile", "mkstemp", "copyfile",
})  # fmt: skip
SETTINGS = frozenset({
    "set_option", "reset_option", "rcParams", "rcdefaults", "seterr", "set_printoptions", "setlocale", "set_theme",
    "set_default_dtype", "set_num_threads", "set_grad_enabled",
})  # fmt: skip
PLOTS = frozenset(
    f"{module}.{name}" for module in ("plt", "pyplot") for name in ("close", "clf", "cla", "ion", "ioff", "sca")
)
TOGETHER = frozenset({
    "threading", "ThreadPoolExecutor", "ProcessPoolExecutor", "multiprocessing", "asyncio", "Thread", "futures",
})  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """`find` gives what stands in the cell, "" if nothing does; `reason` has a place for it."""

    find: Callable[[TrustedCell], str]
    reason: str
    advice: str


@dataclass(frozen=True)
class Finding:
    """Why a test cell is not sealed, and what to write instead."""

    reason: str
    advice: str


NO_SOURCE = Finding(
    "the course holds no answers of the instructor's, which show what a test may ask of an answer",
    "Keep the instructor's notebook with its solutions in source/, and grade from there.",
)
NO_PYTHON = Finding("it is no plain Python", "Write the test in Python, without commands of the shell.")


def not_sealed(source: str, **known: frozenset[str]) -> Finding | None:
    """Why a test cell cannot be decided apart, or None if its text shows no reason. `known`: see `TrustedCell`."""
    magic = next((line.strip() for line in source.splitlines() if name_analysis.is_magic(line)), "")
    if magic and not magic.startswith((*name_analysis.HARMLESS_MAGICS, *name_analysis.CELL_MAGICS)):
        return Finding(f"it uses {magic[:40]!r}", NO_PYTHON.advice)
    try:
        tree = ast.parse(name_analysis.python(source))
    except SyntaxError:
        return NO_PYTHON
    cell = TrustedCell(source, tree, **known)
    for rule in RULES:
        if found := rule.find(cell):
            return Finding(rule.reason.format(found[:60]), rule.advice)
    return None


VALUES = "Compare values: what the function gives for an input, not how or by which object."
A_FILE = "Write the file in a locked cell, or hand out the file with the exercise."
AN_ARGUMENT = "Give what is replaced to the function as an argument."
RULES = (
    Rule(names(NAMES_OF_SHELL), "it uses {}, which belongs to the student's shell", VALUES),
    Rule(words(MOCKS), "it replaces parts of Python by {}", AN_ARGUMENT),
    Rule(names(frozenset({"patch"})), "it replaces parts of Python by {}", AN_ARGUMENT),
    Rule(
        built_in_bound_again,
        "it binds the built-in name {} again, also for the student's code",
        "Choose another name; to forbid a module, list it in the exercise's metadata.",
    ),
    Rule(
        students_name_bound_again,
        "it replaces {}, which the student's code uses",
        "Give the value to the function as an argument.",
    ),
    Rule(module_changed, "it changes the module {}", AN_ARGUMENT),
    Rule(
        modules_of_python, "it uses {}, which each process has for itself", "Test by a value, not by what is imported."
    ),
    Rule(environment_changed, "it changes {} for the student's code", "Give settings as arguments."),
    Rule(words(FORBIDS), "it changes the student's process by {}", "Choose an input that is large enough."),
    Rule(errors_made_of_warnings, "it catches warnings by {}", "Compare the value for the input that would warn."),
    Rule(words(WARNINGS), "it looks at warnings or logs by {}", "Ask for an exception or a value."),
    Rule(namespace_written, "it writes names by way of {}", "Assign the name, or give it as an argument."),
    Rule(module_asked, "it asks a module of the student's process: {}", "Ask for the student's own names."),
    Rule(words(SOURCES), "it reads source or frames by {}", "Test by a value that only the wanted way gives."),
    Rule(words(PICKLES), "it reads or writes objects by {}", "Compare plain values, arrays or tables."),
    Rule(called(LOADS_OBJECTS), "it uses {}, which may run what it reads", "Use a reader of data: yaml.safe_load."),
    Rule(names(RUN_TEXT), "it hands text to {}, which runs it", "Compare values; for literals use ast.literal_eval."),
    Rule(
        words(RUNS_TEXT), "it hands text to {}, which may run it", "Compare values; for literals use ast.literal_eval."
    ),
    Rule(evaluated_by_pandas, "it hands text to {}, which may run it", "Select rows by a condition in Python."),
    Rule(formats, "it uses a text of the student's as a template: {}", "Let the template be the test's own."),
    Rule(opens_what_is_named, "it opens a file that the student names, by {}", "Choose the file's name in the test."),
    Rule(opens_to_write, "it writes a file by {}, which the student's process would not find", A_FILE),
    Rule(words(WRITES), "it writes files by {}, which the student's process would not find", A_FILE),
    Rule(words(SETTINGS), "it changes by {} what a library does in later cells", "Set it in a locked cell."),
    Rule(called(PLOTS), "it changes by {} what later cells draw on", "Let each answer make a figure of its own."),
    Rule(called(frozenset({"id"})), "it asks by {} whether two objects are one", VALUES),
    Rule(words(IDENTITY), "it asks by {} whether two objects are one", VALUES),
    Rule(exact_type, "it asks for the exact type: {}", "Use isinstance, or compare values."),
    Rule(identity, "it asks whether two objects are one: {}", "Compare by ==, and with None, True or False by `is`."),
    Rule(copies, "it copies an object of the student's: {}", "Give the class a method that copies; compare values."),
    Rule(words(TOGETHER), "it runs the student's code in parallel by {}", "Call it once after the other."),
    Rule(waits, "it runs coroutines by {}", "Ask for a function that runs them, and compare its value."),
    Rule(
        changed_and_looked_at,
        "it changes {} and looks at another value that may be the same object",
        "Let the student's code do the change, and compare what it gives.",
    ),
)
