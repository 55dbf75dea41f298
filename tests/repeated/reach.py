"""What a test's code comes to: the first process, thread, socket, browser or clock below what it and its fixtures call.

It reads code and runs none. From a function it goes on to every function and class of ours that its names stand for,
and looks for the modules and calls below. A method counts where its class is named. So a test may be found that takes
another way at run time, and a call that is only spelled in a text (a program for another process, say) is found by the
call that runs the text.
"""

import dis
import functools
import importlib
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

OURS = ("mlsd", "mlsd_lib", "notebook_runner", "lessons", "grader", "case_studies", "tests")
MODULES = (
    *("asyncio", "concurrent.futures", "dask", "distributed", "http.client", "http.server", "jupyter_client"),
    *("multiprocessing", "nbclient", "papermill", "playwright", "psutil", "signal", "socket", "socketserver"),
    *("subprocess", "urllib.request", "waitress", "werkzeug.serving"),
)
"""Modules of which every call is of a process, thread, server or browser."""
CALLS = {
    "time": {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "sleep", "thread_time"},
    "threading": {"Barrier", "Condition", "Event", "Semaphore", "Thread", "Timer"},
    "os": {"execv", "execve", "fork", "kill", "killpg", "popen", "posix_spawn", "system", "wait", "waitpid"},
    "resource": {"getrusage"},
}
"""Of other modules, the calls that are of a process, thread or clock. A date (`time.time`) and a lock alone are not."""


def reason(start: Iterator[object]) -> str:
    """The first call of a process or clock that is reached from these functions and classes; empty if there is none."""
    todo, seen = list(start), set()
    while todo:
        code = plain(todo.pop())
        if id(code) in seen:
            continue
        seen.add(id(code))
        found, further = looked_into(code)
        if found:
            return found
        todo += further
    return ""


def plain(what: Any) -> Any:
    """The function below a decorator, a property, a method, a partial or a fixture."""
    for name in ("__wrapped__", "__func__", "fget", "func", "callback"):
        inner = getattr(what, name, None) if not isinstance(what, type | types.ModuleType) else None
        if isinstance(inner, types.FunctionType | type | functools.partial | types.MethodType):
            return plain(inner)
    return what


@functools.cache
def looked_into(what: Any) -> tuple[str, tuple[object, ...]]:
    """The call that was looked for, or else what the function or class names of ours."""
    if isinstance(what, type):
        inner = [*what.__bases__, *(plain(value) for value in vars(what).values())]
        return "", tuple(value for value in inner if is_ours(value))
    if not isinstance(what, types.FunctionType):
        return "", ()
    named = list(things(what.__code__, what.__globals__))
    found = next((told for value, names in named if (told := call_of(value, names))), "")
    return (f"{found} in {what.__module__}.{what.__qualname__}" if found else ""), tuple(ours(named))


def things(code: types.CodeType, known: Mapping[str, Any]) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Every global and import that the code names, with all names that stand in the same code."""
    for part in codes(code):
        for name in part.co_names:
            if name in known:
                yield known[name], part.co_names
        for module in (
            instruction.argval for instruction in dis.get_instructions(part) if instruction.opname == "IMPORT_NAME"
        ):
            if first_word(module) in OURS or module in CALLS or is_watched(module):
                yield importlib.import_module(module), part.co_names


def codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code and all that is defined inside it."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from codes(inner)


def call_of(one: Any, names: tuple[str, ...]) -> str:
    """How the thing is written, where it is of a process or a clock."""
    if isinstance(one, types.ModuleType):
        called = sorted(CALLS.get(one.__name__, set()) & set(names))
        return f"{one.__name__}.{called[0]}" if called else one.__name__ * is_watched(one.__name__)
    module, name = getattr(one, "__module__", None) or "", getattr(one, "__name__", "")
    if not callable(one) or not isinstance(name, str):
        return ""
    return f"{module}.{name}" * (is_watched(module) or name in CALLS.get(module, ()))


def is_watched(module: str) -> bool:
    return any(module == watched or module.startswith(f"{watched}.") for watched in MODULES)


def first_word(module: str) -> str:
    return module.partition(".")[0]


def ours(named: list[tuple[Any, tuple[str, ...]]]) -> Iterator[object]:
    """Functions and classes of ours among the things: named themselves, as a module's, or by one of their objects."""
    for value, names in named:
        if isinstance(value, types.ModuleType):
            inner = [getattr(value, name, None) for name in names] if first_word(value.__name__) in OURS else []
        else:
            inner = [plain(value)]
        for each in inner:
            if is_ours(each):
                yield each
            elif not isinstance(each, type) and is_ours(type(each)):
                yield type(each)


def is_ours(one: Any) -> bool:
    known = isinstance(one, types.FunctionType | type)
    return known and first_word(getattr(one, "__module__", None) or "") in OURS


def of_cells(sources: list[str]) -> Callable[[], None]:
    """A function with the code of a notebook's cells, to be read and never called; its imports are its globals."""
    text = "\n".join(line for source in sources if not source.startswith("%%") for line in lines(source))
    code = compile(text, "<notebook>", "exec")
    return types.FunctionType(code, {}, "cells")


def lines(source: str) -> list[str]:
    return [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
