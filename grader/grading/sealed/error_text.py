"""What may be shown of an error that a trusted test raised: only texts that the test's own source holds.

A text of the student's may have become part of an exception, as a template even. So the source says whether a text is
shown: a constant, an f-string, or a constant template of `assert` and `raise`. Nothing is evaluated here.
"""

import ast
import builtins
import linecache

from grader.grading.sealed.client import NotPlainData
from grader.suite_kit.answer import StudentError
from grader.suite_kit.codec import CodecError

MOST = 2_000


def kind_of(error: BaseException) -> str:
    """The name of the error's class, as a student knows it."""
    if isinstance(error, StudentError):
        return error.kind
    return "TypeError" if isinstance(error, NotPlainData) else type(error).__name__


def own_text(error: BaseException, cells: frozenset[str]) -> str:
    """The text of a test's error that may be shown; "" if it may hold anything else. `cells`: trusted ones."""
    if isinstance(error, StudentError):
        return error.text[:MOST]
    if isinstance(error, NotPlainData | CodecError):
        return _text(error)
    file, line = _innermost(error)
    if file not in cells:
        return ""
    statement = statement_at("".join(linecache.getlines(file)), line)
    if isinstance(error, NameError | AttributeError):
        return _missing_name(error, statement)
    if vars(builtins).get(type(error).__name__) is not type(error):
        return ""
    return _text(error) if isinstance(statement, ast.Assert | ast.Raise) and _is_own(_message(statement)) else ""


def statement_at(source: str, line: int) -> ast.stmt | None:
    """The innermost statement of `source` that stands at a line; None if there is none."""
    try:
        nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    except (SyntaxError, ValueError, RecursionError):
        return None
    at = [node for node in nodes if node.lineno <= line <= (node.end_lineno or node.lineno)]
    return max(reversed(at), key=lambda node: node.lineno, default=None)  # the deepest come last


def _innermost(error: BaseException) -> tuple[str, int]:
    """File and line at which an error arose."""
    trace, found = error.__traceback__, ("", 0)
    while trace is not None:
        found = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    return found


def _message(statement: ast.Assert | ast.Raise) -> ast.expr | None:
    """The expression of the text of `assert x, text` or `raise Error(text)`."""
    if isinstance(statement, ast.Assert):
        return statement.msg
    raised = statement.exc
    return raised.args[0] if isinstance(raised, ast.Call) and len(raised.args) == 1 and not raised.keywords else None


def _is_own(message: ast.expr | None) -> bool:
    """Whether an expression is a text of the test's own, or values filled into one."""
    if isinstance(message, ast.Constant | ast.JoinedStr):
        return True
    if isinstance(message, ast.BinOp) and isinstance(message.op, ast.Mod):
        return _is_text(message.left)
    function = message.func if isinstance(message, ast.Call) else None
    return isinstance(function, ast.Attribute) and function.attr == "format" and _is_text(function.value)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _missing_name(error: NameError | AttributeError, statement: ast.stmt | None) -> str:
    """What Python says of a name that is missing, if the statement itself holds that name."""
    name = error.name
    nodes = list(ast.walk(statement)) if statement is not None else []
    if isinstance(error, NameError):
        known = any(isinstance(node, ast.Name) and node.id == name for node in nodes)
        return f"name {name!r} is not defined" if known else ""
    known = any(isinstance(node, ast.Attribute) and node.attr == name for node in nodes)
    return f"there is no attribute {name!r}" if known else ""


def _text(error: BaseException) -> str:
    try:
        return str(error)[:MOST]
    except Exception:
        return ""
