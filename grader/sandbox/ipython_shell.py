"""The student's IPython: what a notebook's kernel offers, with outputs as nbclient would record them.

Made once in the warmed process and forked with it. Nothing of the grader's may be reachable from it.
"""

import ast
import builtins
import getpass
import os
import re
import signal
import subprocess
import sys
import warnings
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.formatters import DisplayFormatter
from IPython.core.history import HistoryManager
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Any as AnyTrait
from traitlets import Instance, Type
from traitlets.config import Config

from grader.sandbox.output_capture import Outputs, text_of

OUTPUTS = Outputs()
WARM_UP = {
    "": "print('warm')\n1 + 1",
    "error": "def f():\n    return [] + 1\nf()",
    "matplotlib": "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('warm')\nplt.show()\ndel plt",
    "pandas": "import pandas\ndisplay(pandas.DataFrame({'warm': [1.5, 2], 'up': ['a', 'b']}))\ndel pandas",
}


class Displays(DisplayPublisher):
    """`display(...)` and figures."""

    def publish(
        self, data: dict[str, Any], metadata: dict[str, Any] | None = None, source: Any = None, *,
        transient: dict[str, Any] | None = None, update: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        self._validate_data(data, metadata)
        kind = "update_display_data" if update else "display_data"
        name = (transient or {}).get("display_id")
        record = {"output_type": kind, "data": text_of(data), "metadata": metadata or {}, "display_id": name}
        OUTPUTS.publish(record)

    def clear_output(self, wait: bool = False) -> None:
        OUTPUTS.publish({"output_type": "clear", "wait": bool(wait)})


class Results(DisplayHook):
    """The value of a cell's last expression."""

    def write_output_prompt(self) -> None:
        pass

    def start_displayhook(self) -> None:
        pass

    def finish_displayhook(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        record = {"output_type": "execute_result", "data": text_of(format_dict), "metadata": md_dict or {}}
        OUTPUTS.publish({**record, "execution_count": self.prompt_count})


class Formatter(DisplayFormatter):
    """What is shown of an object: in a test as text, whatever else there is, figures too."""

    def format(self, obj: Any, include: Any = None, exclude: Any = None) -> Any:
        assert self.parent is not None
        return super().format(obj, {"text/plain"} if self.parent.in_test else include, exclude)


class NoHistory(HistoryManager):
    """In memory only: no file, and no thread, which would not survive the fork."""

    def __init__(self, shell: Any, config: Config, **traits: Any) -> None:
        without = Config(config, HistoryManager={"enabled": False})
        super().__init__(shell=shell, config=without, **traits)


class PlainFirst(TransformerManager):
    """Looks for IPython's own syntax only in what is no Python: a cell with magics or `!commands` never is."""

    def do_token_transforms(self, lines: list[str]) -> list[str]:
        if self.token_transformers == OWN_SYNTAX and _is_python("".join(lines)):
            return lines
        return list(super().do_token_transforms(lines))


OWN_SYNTAX = TransformerManager().token_transformers
MARKS = re.compile(r"[%!?]|^\s*[,;/]", re.MULTILINE)  # without one of these no syntax is IPython's own


def _is_python(source: str) -> bool:
    if not MARKS.search(source):
        return True  # or no code at all, as the compiler will say
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are shown when the cell is compiled to run
            compile(source, "<cell>", "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


# The class has this name because pandas, rich and others ask it: they show in a notebook what they show in one.
class ZMQInteractiveShell(InteractiveShell):
    """IPython without a terminal, a history file or a way to end the process.

    `in_test`: a value is shown as text, no figure is drawn and no traceback formatted, because nobody reads them.
    """

    displayhook_class = Type(Results)
    display_pub_class = Type(Displays)
    exit_now = AnyTrait(False)
    in_test = False
    input_transformer_manager = Instance(PlainFirst, ())

    def init_history(self) -> None:
        self.history_manager = NoHistory(self, self.config, parent=self)
        self.configurables.append(self.history_manager)  # type: ignore[arg-type]

    def init_display_formatter(self) -> None:
        self.display_formatter = Formatter(parent=self)
        self.configurables.append(self.display_formatter)  # type: ignore[arg-type]

    def init_readline(self) -> None:
        pass

    def enable_gui(self, gui: Any = None) -> None:
        pass

    def ask_exit(self) -> None:
        """`exit` in a cell: the other cells are still run."""

    def should_run_async(self, raw_cell: str, **reported: Any) -> bool:
        """The same as IPython's, which compiles each cell once more to find out."""
        return ("await" in raw_cell or "async" in raw_cell) and super().should_run_async(raw_cell, **reported)

    def showsyntaxerror(self, *arguments: Any, **named: Any) -> None:
        """The same as IPython's, if somebody reads it."""
        if not self.in_test:
            super().showsyntaxerror(*arguments, **named)

    def showtraceback(self, exc_tuple: Any = None, *arguments: Any, **named: Any) -> None:
        """The same as IPython's, but an endless recursion is shown by its two ends: a thousand frames take seconds."""
        if self.in_test:
            return
        error = (exc_tuple or sys.exc_info())[1]
        seen: set[int] = set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            _shorten(error.__traceback__)
            error = error.__cause__ or error.__context__
        super().showtraceback(exc_tuple, *arguments, **named)

    def _format_exception_for_storage(self, *_: Any, **__: Any) -> dict[str, Any]:
        """Not a second time, for a history that is not kept: to format a traceback looks into each loaded module."""
        return {}

    def _showtraceback(self, etype: type, evalue: Any, stb: list[str]) -> None:
        try:
            text = str(evalue)
        except Exception:
            text = "its text cannot be shown"
        record = {"output_type": "error", "ename": str(etype.__name__), "evalue": text, "traceback": list(stb)}
        OUTPUTS.publish(record)

    def system_piped(self, cmd: str) -> None:
        """`!command`: its output is the cell's; it gets no input."""
        with subprocess.Popen(
            self.var_expand(cmd, depth=2), shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
        ) as process:  # fmt: skip
            try:
                for line in process.stdout or ():
                    sys.stdout.write(line)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        self.user_ns["_exit_code"] = process.returncode

    system = system_piped


def make_shell(modules: list[str]) -> ZMQInteractiveShell:
    """The shell, with `modules` imported and what the first cells of a notebook need already loaded.

    Modules that cannot be imported are passed over: the student's own import says why.
    """
    config = Config()
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.enable_tip = False
    shell = ZMQInteractiveShell.instance(config=config)
    shell.set_hook("show_in_pager", _no_pager, 0)
    builtins.input = _no_input
    getpass.getpass = _no_password
    for name in modules:
        try:
            __import__(name)
        except BaseException as error:
            print(f"{name} was not imported ahead: {type(error).__name__}: {error}", file=sys.stderr)
    _warm_up(shell)
    return shell


def _warm_up(shell: ZMQInteractiveShell) -> None:
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = OUTPUTS.streams
    OUTPUTS.begin(0)
    names = set(shell.user_ns)
    try:
        for module, source in WARM_UP.items():
            if module in ("", "error") or module in sys.modules:
                shell.run_cell(source, store_history=False)
    finally:
        sys.stdout, sys.stderr = kept
    for name in set(shell.user_ns) - names:
        del shell.user_ns[name]
    shell.reset(new_session=True)


def _shorten(trace: Any, most: int = 30) -> None:
    """Take the middle out of a long traceback."""
    links = []
    while trace is not None:
        links.append(trace)
        trace = trace.tb_next
    if len(links) > most:
        links[most // 2].tb_next = links[-most // 2]


def _no_pager(*_: object, **__: object) -> None:
    """Help is shown beside a notebook, not in it."""


def _no_input(prompt: object = "") -> str:
    raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")


def _no_password(prompt: str = "", stream: object = None) -> str:
    raise StdinNotImplementedError("getpass was called, but this frontend does not support input requests.")
