"""What the student's side says of an object whose handle goes over: its classes, its special methods, its plain data.

Runs beside student code, which may change it: what is said here is used to be convenient, never to decide.
"""

import collections
import dataclasses
import decimal
import fractions
import inspect
import numbers
from types import FunctionType
from typing import Any

NUMBER = "number"  # the base of an object that is a number of some library
BASES: tuple[Any, ...] = (
    collections.Counter, collections.OrderedDict, collections.deque, str, int, float, list, dict, tuple, set,
    frozenset, bytes,
)  # fmt: skip
# Special methods that a test cell may ask for by name as well as by the operators that stand for them.
NAMED = (
    "__call__", "__len__", "__getitem__", "__setitem__", "__delitem__", "__iter__", "__next__", "__enter__", "__exit__",
    "__add__", "__sub__", "__mul__", "__truediv__", "__floordiv__", "__mod__", "__pow__", "__matmul__", "__and__",
    "__or__", "__xor__", "__neg__", "__pos__", "__invert__",
)  # fmt: skip
_ARITHMETIC = (
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "matmul",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
)
SPECIALS = tuple(dict.fromkeys((
    *NAMED, *(f"__{prefix}{name}__" for name in _ARITHMETIC for prefix in ("", "r", "i")),
    "__contains__", "__reversed__", "__float__", "__int__", "__complex__", "__index__", "__abs__", "__round__",
    "__trunc__", "__floor__", "__ceil__", "__divmod__",
)))  # fmt: skip


def about(value: Any) -> dict[str, Any]:
    """What `client.About` holds of an object."""
    kind = type(value)
    found: dict[str, Any] = {
        "kinds": ancestry(kind),
        "specials": [name for name in SPECIALS if has_special(kind, name)],
        "equals": kind.__eq__ is not object.__eq__,
        "hashed": _hashed(kind),
        "lazy": hasattr(kind, "__next__"),
    }
    base = base_of(kind)
    if base is not None and kind.__eq__ is base.__eq__:
        found["base"] = base.__name__
        found["overrides"] = [name for name in SPECIALS if has_special(kind, name, but=base)]
    elif base is None and is_number(value):
        found["base"] = NUMBER
    if fields := compared_fields(value):
        found["fields"] = [field.name for field in fields if field.compare]
    if isinstance(value, type):
        found["own"] = ancestry(value)
        found["raised"] = issubclass(value, BaseException)
    if inspect.ismodule(value):
        found["module"] = str(value.__name__)
    return found


def has_special(kind: type, name: str, but: type | None = None) -> bool:
    """Whether a class itself or an ancestor other than `but` defines a special method (a metaclass does not count)."""
    return (
        next(
            (vars(ancestor)[name] for ancestor in kind.__mro__ if name in vars(ancestor) and ancestor is not but), None
        )
        is not None
    )


def _hashed(kind: type) -> str:
    own: Any = kind.__hash__
    return "" if own is None else "identity" if own is object.__hash__ else "own"


def base_of(kind: type) -> Any:
    """The plain type of Python that a class extends, if any."""
    return next((base for base in BASES if issubclass(kind, base)), None)


def compared_fields(value: Any) -> tuple[Any, ...]:
    """The fields by which a data class compares its objects; none if the student wrote another comparison."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return ()
    equal = type(value).__eq__
    made = isinstance(equal, FunctionType) and equal.__code__.co_filename == "<string>"
    return dataclasses.fields(value) if made else ()


def is_number(value: Any) -> bool:
    """Whether an object is a number by its class, or a tensor of one number."""
    if type(value).__module__ == "torch":
        return getattr(value, "ndim", None) == 0
    return issubclass(type(value), numbers.Number)


def number_of(value: Any) -> Any:
    """The plain number that a number of some library stands for."""
    if type(value).__module__ == "torch":
        return value.detach().cpu().numpy()[()]
    if isinstance(value, decimal.Decimal):
        return decimal.Decimal(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Rational):
        return fractions.Fraction(int(value.numerator), int(value.denominator))
    return float(value) if isinstance(value, numbers.Real) else complex(value)


def ancestry(kind: type) -> list[tuple[str, str]]:
    """(module, name) of a class and its ancestors."""
    return [(str(ancestor.__module__), str(ancestor.__qualname__)) for ancestor in kind.__mro__[:40]]
