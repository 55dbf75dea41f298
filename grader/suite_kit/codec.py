"""Frames: the only form in which values cross between a suite and a student's code.

A frame is JSON and holds data: plain values, arrays, tables. It never holds code, and reading one runs none; no pickle.
Every frame is held to `MOST_BYTES` and `DEEPEST` when written and again when read. A JSON object whose first name
begins with "$" stands for what JSON cannot hold; the bytes of an array stand in it in base 64, so it is never larger
than its frame.
"""

import binascii
import json
import math
import re
import sys
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, UserString, deque
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

import numpy as np

from grader.errors import GraderError

ARRAY_KINDS = "biufcMm"
MOST_BYTES, DEEPEST = 64 * 2**20, 100  # of one frame, and its nested levels
FEW = 16  # a longer list of floats crosses as an array, and of so many keys that have one hash no set is made
NESTED = {list, dict}
VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()))
FORMS = (
    (np.bool_, bool), (np.str_, str), (Integral, int), (Real, float), (Decimal, float), (Mapping, dict),
    (UserString, str), (Sequence, list), (deque, list), (VIEWS, list),
)  # fmt: skip
KNOWN = {Fraction, Decimal, OrderedDict, Counter, ChainMap, UserDict, UserList, UserString}
IMMUTABLE = 1 << 8  # of types written in C: no class of an answer's has it, whatever it says of itself
_flags_of = vars(type)["__flags__"].__get__  # not to be replaced by a metaclass
NOT_PLAIN = {bytes, bytearray, memoryview}
WORDS = {str, bool, int, float, type(None)}
_DTYPE = re.compile(r"[<>|][biufcMm]\d{1,2}(\[\d{0,6}[a-zA-Z]{1,2}\])?")


class CodecError(GraderError):
    """A value that may not cross, or a frame that breaks a rule."""


class JsonText(str):
    """Plain data as its JSON text, which a suite sends in one piece and a student's side alone reads.

    For much that is nested: it is not gone through value by value.
    """


Export = Callable[[Any], int | None]
Resolve = Callable[[int, str], Any]


def encode(value: Any, export: Export | None = None) -> bytes:
    """The frame that holds `value`.

    A number, mapping or sequence of numpy or the standard library crosses as the int, float, bool, dict or list that it
    stands for. `export` may give a number to an object that is no data; its handle crosses instead. Raises `CodecError`
    for everything else that is no data, and for what is too large or nested too deep.
    """
    try:
        frame = _ENCODER.encode(_Writer(export).write(value, 0)).encode()
    except ValueError as error:  # Python bounds how long an integer it writes and reads
        raise CodecError(f"A value cannot cross: {error}.") from None
    _hold(len(frame))
    return frame


def decode(frame: bytes, resolve: Resolve | None = None, texts: bool = False) -> Any:
    """The value that `frame` holds; arrays are fresh and writable. With `texts` it may hold a `JsonText`, as its value.

    `resolve` turns a handle's number and type name into what stands for it here; without it a handle is refused.
    Raises `CodecError` for a frame that is damaged, breaks a limit or names a type that may not cross.
    """
    _hold(len(frame))
    try:
        return _Reader(resolve, texts).read(_DECODER.decode(frame.decode()), 0)
    except CodecError as error:
        raise CodecError(f"A frame was refused: {error}.") from None
    except (
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        RecursionError,
        OverflowError,
        MemoryError,
    ) as error:
        raise CodecError(f"A frame was refused: it is damaged ({type(error).__name__}).") from None


class _Writer:
    def __init__(self, export: Export | None) -> None:
        self.export = export

    def write(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind in WORDS:
            return value
        if depth >= DEEPEST:
            raise CodecError(f"The value is nested deeper than {DEEPEST} levels. Send it flat.")
        if kind is list:
            return self._list(value, depth + 1)
        if kind is dict:
            return self._dict(value, depth + 1)
        if kind is tuple:
            return {"$t": [self.write(part, depth + 1) for part in value]}
        if kind is set:
            return {"$s": [self.write(part, depth + 1) for part in sorted(value, key=repr)]}
        if kind is JsonText:
            return {"$j": _text(value.encode())}
        return self._other(value, depth + 1)

    def _list(self, value: list[Any], depth: int) -> Any:
        kinds = {*map(type, value)}
        if kinds == {float} and len(value) > FEW:
            return {"$v": _text(np.array(value, "<f8").tobytes())}
        return value if kinds <= WORDS else [self.write(part, depth) for part in value]

    def _dict(self, value: dict[Any, Any], depth: int) -> Any:
        for key in value:
            if type(key) is not str or key[:1] == "$":
                return {"$d": [[self.write(key, depth), self.write(part, depth)] for key, part in value.items()]}
        return {key: one if type(one) in WORDS else self.write(one, depth) for key, one in value.items()}

    def _other(self, value: Any, depth: int) -> Any:
        kind = type(value)  # an object may lie about its class, so isinstance is not asked
        if (plain := _plain(value)) is not value:
            return self.write(plain, depth)
        if kind is np.ndarray:
            return _array(value)
        if (pandas := sys.modules.get("pandas")) is not None and kind in (pandas.DataFrame, pandas.Series):
            return self._table(value, depth)
        number = self.export(value) if self.export else None
        if number is not None:
            return {"$h": number, "k": kind.__name__}
        raise CodecError(
            f"A value of type {kind.__name__} cannot cross between test and answer: plain values, "
            "arrays and tables can. Return one of these."
        )

    def _table(self, value: Any, depth: int) -> dict[str, Any]:
        """Names, columns and index; None for an index that only counts."""
        frame = value.to_frame() if type(value).__name__ == "Series" else value
        names = [value.name] if frame is not value else list(frame.columns)
        columns = [self._column(frame.iloc[:, place], depth) for place in range(frame.shape[1])]
        counts = frame.index.equals(sys.modules["pandas"].RangeIndex(len(frame)))
        index = None if counts else self._column(frame.index, depth)
        return {"$p": [self.write(names, depth), columns, index], "k": type(value).__name__}

    def _column(self, column: Any, depth: int) -> Any:
        array = column.to_numpy()
        if array.dtype.kind in ARRAY_KINDS:
            return _array(array)
        values = array.tolist()
        if len({*map(type, values)} - {float, type(None)}) > 1:  # a missing text is one of these
            raise CodecError(
                f"A {type(column).__name__} with values of several kinds cannot cross. Use columns of one kind, "
                "numbers, text or dates; of a row give .to_dict(), of a column .tolist()."
            )
        return self.write(values, depth)


def _array(array: np.ndarray) -> dict[str, Any]:
    if array.dtype.kind not in ARRAY_KINDS:
        raise CodecError(
            f"An array of dtype {array.dtype} cannot cross. Use numbers, booleans or dates, or a list: .tolist()."
        )
    return {"$a": _text(array.tobytes()), "t": array.dtype.str, "s": array.shape}


def _plain(value: Any) -> Any:
    """What a value of numpy or the standard library stands for; any other is returned as it is."""
    kind = type(value)
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):  # a named tuple's class is its author's
        return list(tuple.__iter__(value))
    if kind is np.ndarray:
        return value if value.shape or value.dtype.kind not in "biuf" else value[()]
    if not _flags_of(kind) & IMMUTABLE and kind not in KNOWN:
        return value
    known = next((known for wanted, known in FORMS if issubclass(kind, wanted)), None)
    if known is None or kind in NOT_PLAIN or (issubclass(kind, np.generic) and value.dtype.kind not in "biufU"):
        return value
    try:
        return known(value)
    except (ArithmeticError, ValueError, RecursionError):  # a number beyond every float, a mapping of itself
        return value


class _Reader:
    def __init__(self, resolve: Resolve | None, texts: bool) -> None:
        self.resolve, self.texts = resolve, texts

    def read(self, tree: Any, depth: int) -> Any:
        kind = type(tree)
        if kind is not list and kind is not dict:
            return tree
        if depth >= DEEPEST:
            raise CodecError(f"it is nested deeper than {DEEPEST} levels")
        if kind is list:
            if NESTED.isdisjoint(map(type, tree)):
                return tree
            return [self.read(part, depth + 1) for part in tree]
        tag = next(iter(tree), "")
        if tag[:1] == "$":
            return self._tagged(tag, tree, depth + 1)
        if NESTED.isdisjoint(map(type, tree.values())):
            return tree
        return {key: self.read(one, depth + 1) if type(one) in NESTED else one for key, one in tree.items()}

    def _tagged(self, tag: str, tree: dict[str, Any], depth: int) -> Any:
        content = tree[tag]
        if tag == "$t":
            return tuple(self.read(part, depth) for part in content)
        if tag == "$s":
            return set(_apart([self.read(part, depth) for part in content]))
        if tag == "$v":
            return np.frombuffer(_bytes(content), "<f8").tolist()
        if tag == "$d":
            keys = _apart([self.read(key, depth) for key, _ in content])
            return dict(zip(keys, (self.read(part, depth) for _, part in content), strict=True))
        if tag == "$h":
            if self.resolve is None or type(content) is not int:
                raise CodecError("it holds a handle where only data is allowed")
            return self.resolve(content, str(tree["k"]))
        if tag == "$j" and self.texts:
            return _DECODER.decode(_bytes(content).decode())
        if tag == "$a":
            return _read_array(_bytes(content), tree["t"], tree["s"])
        if tag == "$p":
            return _read_table([self.read(part, depth) for part in content], tree["k"])
        raise CodecError(f"the kind {tag!r} is unknown")


def _apart(keys: list[Any]) -> list[Any]:
    """The keys of a set or a mapping; many of one hash are refused: putting them together takes quadratic time."""
    if len(keys) - len({*map(hash, keys)}) > FEW:
        raise CodecError("many of its keys have one hash")
    return keys


def _read_array(content: bytes, kind: str, shape: list[int]) -> np.ndarray:
    if not _DTYPE.fullmatch(kind):
        raise CodecError(f"dtype {kind!r} may not cross")
    dtype = np.dtype(kind)
    if any(type(n) is not int or n < 0 for n in shape) or math.prod(shape) * dtype.itemsize != len(content):
        raise CodecError(f"shape {shape} of {dtype} does not fit {len(content)} bytes")
    return np.frombuffer(content, dtype).reshape(shape).copy()


def _read_table(parts: list[Any], kind: str) -> Any:
    import pandas as pd

    names, columns, index = parts
    sized = columns if index is None else [*columns, index]
    if any(type(column) not in (list, np.ndarray) for column in sized) or len({*map(len, sized)}) > 1:
        raise CodecError("a table in it has columns that do not fit together")  # pandas would repeat a short one
    try:
        frame = pd.DataFrame(dict(enumerate(columns)), index=index)
        frame.columns = pd.Index(names)
    except Exception as error:  # whatever pandas says of them
        raise CodecError(f"a table in it cannot be read ({type(error).__name__})") from None
    return frame.iloc[:, 0] if kind == "Series" else frame


def _text(content: bytes) -> str:
    return binascii.b2a_base64(content, newline=False).decode()


def _bytes(content: str) -> bytes:
    return binascii.a2b_base64(content, strict_mode=True)


def _hold(count: int) -> None:
    if count > MOST_BYTES:
        raise CodecError(f"{count:,} bytes exceed the limit of {MOST_BYTES:,} a frame. Send less at once.")


_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)
_DECODER = json.JSONDecoder()
