"""Numbers, symbols and expressions of sympy, as kinds of `grader.grading.sealed.codecs`.

An expression is written as its tree: a class that is listed here, and arguments. It is built without being evaluated,
so that no tree is more work than it is long. No text is parsed, and a class that holds code is not listed.
"""

from collections.abc import Callable
from typing import Any

from grader.suite_kit.codec import CodecError

CONSTANTS = (
    "Pi", "Exp1", "ImaginaryUnit", "Infinity", "NegativeInfinity", "ComplexInfinity", "NaN", "GoldenRatio",
    "EulerGamma", "BooleanTrue", "BooleanFalse", "EmptySet", "Reals", "Integers", "Naturals", "Naturals0",
)  # fmt: skip
OPERATIONS = (
    "Add", "Mul", "Pow", "Equality", "Unequality", "StrictLessThan", "LessThan", "StrictGreaterThan", "GreaterThan",
    "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "exp", "log", "Abs", "sign", "factorial",
    "Max", "Min", "floor", "ceiling",
)  # fmt: skip
CONTAINERS = ("Tuple", "FiniteSet")


def write(value: Any) -> tuple[str, Any] | None:
    """(kind, content) of a number or expression of sympy; None for what is not listed."""
    import sympy

    kind = type(value)
    name = kind.__name__
    if kind.__module__.partition(".")[0] != "sympy" or not isinstance(value, sympy.Basic):
        return None
    if isinstance(value, sympy.Integer):
        return "sympy integer", int(value)
    if isinstance(value, sympy.Rational):
        return "sympy rational", [int(value.p), int(value.q)]
    if kind is sympy.Float:
        return "sympy float", [*map(int, value._mpf_), int(value._prec)]
    if kind is sympy.Symbol:
        known = value._assumptions_orig if hasattr(value, "_assumptions_orig") else value.assumptions0
        return "sympy symbol", [
            value.name,
            {assumption: bool(holds) for assumption, holds in known.items() if holds is not None},
        ]
    if name in CONSTANTS:
        return "sympy constant", name
    if name in OPERATIONS or name in CONTAINERS:
        return "sympy operation", [name, list(value.args)]
    return None


def _make_float(content: Any) -> Any:
    import sympy

    sign, mantissa, exponent, bits, precision = map(int, content)
    if sign not in (0, 1) or mantissa < 0 or abs(exponent) > 10**6 or not 1 <= precision <= 10**5:
        raise CodecError("a number of sympy is out of range")
    return sympy.Float._new((sign, mantissa, exponent, bits), precision)


def _make_symbol(content: Any) -> Any:
    import sympy

    name, known = content
    return sympy.Symbol(str(name), **{str(assumption): bool(holds) for assumption, holds in known.items()})


def _make_constant(content: Any) -> Any:
    import sympy

    if content not in CONSTANTS:
        raise CodecError("a constant of sympy is not known")
    return getattr(sympy.S, content) if hasattr(sympy.S, content) else getattr(sympy, content)


def _make_rational(content: Any) -> Any:
    import sympy

    return sympy.Rational(*map(int, content))


def _make_integer(content: Any) -> Any:
    import sympy

    return sympy.Integer(int(content))


def _make_operation(content: Any) -> Any:
    import sympy

    name, parts = content
    if not all(isinstance(part, sympy.Basic) for part in parts):
        raise CodecError("an expression of sympy holds what is none")
    if name in CONTAINERS:
        return getattr(sympy, name)(*parts)
    if name not in OPERATIONS:
        raise CodecError("an operation of sympy is not known")
    return getattr(sympy, name)(*parts, evaluate=False)


MAKERS: dict[str, Callable[[Any], Any]] = {
    "sympy integer": _make_integer, "sympy rational": _make_rational, "sympy float": _make_float,
    "sympy symbol": _make_symbol, "sympy constant": _make_constant, "sympy operation": _make_operation,
}  # fmt: skip
