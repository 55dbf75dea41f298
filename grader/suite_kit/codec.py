"""Frames: the only form in which values cross between a suite and a student's code.

A frame holds data and nothing else: plain values, arrays, tables. It never holds code, and reading one runs none; no
pickle. Every frame is held to `Limits` when written and again when read.

Layout: 4 bytes with the header's length (little-endian), the header as JSON, then the buffers one after another. The
header is {"v": value, "n": [length of each buffer]}; a JSON object whose only "$" key names a kind stands for what
JSON cannot hold. A buffer of a few bytes stands in the header itself, as text in base 16. Dictionaries of the same
names cross by column: a simulated day asks an answer thousands of times, with lists of them.
"""

import itertools
import json
import math
import re
import struct
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, UserString, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

import numpy as np

from grader.errors import GraderError

ARRAY_KINDS = "biufcMm"
SMALL_BYTES = 64  # a buffer up to this size stands in the header, so that a list of small arrays is no flood of buffers
FEW = 16  # a longer list of numpy's numbers of one type, or of floats, crosses as one array
ROWS, COLUMNS = 6, 4  # so many dictionaries of so many names cross by column; with fewer a small frame could hold more
MANY_BUFFERS = 1024  # from so many on floats stand in the header: a list of long lists is no flood of buffers
WORD = 2**63  # integers beyond it are written in base 16: Python bounds how long a decimal number it reads
NESTED = {list, dict}
VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()))
FORMS = (
    (Integral, int), (Real, float), (Decimal, float), (Mapping, dict), (UserString, str), (Sequence, list),
    (deque, list), (VIEWS, list),
)  # fmt: skip
KNOWN = {Fraction, Decimal, OrderedDict, Counter, ChainMap, UserDict, UserList, UserString}
IMMUTABLE = 1 << 8  # of types written in C: no class of an answer's has it, whatever it says of itself
_flags_of = vars(type)["__flags__"].__get__  # not to be replaced by a metaclass
NOT_PLAIN = {bytearray, memoryview}
WORDS = {str, bool, type(None)}
_DTYPE = re.compile(r"[<>|][biufcMm]\d{1,2}(\[\d{0,6}[a-zA-Z]{1,2}\])?")


class CodecError(GraderError):
    """A value that may not cross, or a frame that breaks a rule."""


class JsonText(str):
    """Plain data as its JSON text, which a suite sends in one piece and a student's side alone reads.

    For much that is nested: it is not gone through value by value.
    """


@dataclass(frozen=True)
class Limits:
    """The most that one frame may hold: bytes in all, nested levels, buffers."""

    bytes: int = 64 * 2**20
    depth: int = 100
    buffers: int = 4096


LIMITS = Limits()
Export = Callable[[Any], int | None]
Resolve = Callable[[int, str], Any]


def encode(
    value: Any, limits: Limits = LIMITS, finite: bool = False, export: Export | None = None, plainly: bool = False
) -> bytes:
    """The frame that holds `value`.

    `finite=True` refuses nan and infinity. `export` may give a number to an object that is no data; its handle
    crosses instead. `plainly`: a number, mapping or sequence of numpy or the standard library crosses as the int,
    float, bool, dict or list that it stands for. Raises `CodecError` for everything else that is no data, and for what
    exceeds `limits`.
    """
    writer = _Writer(limits, finite, export, plainly)
    tree = writer.write(value, 0)
    lengths = [len(buffer) for buffer in writer.buffers]
    header = _ENCODER.encode({"v": tree, "n": lengths}).encode()
    _hold("bytes", 4 + len(header) + sum(lengths), limits.bytes)
    return b"".join([struct.pack("<I", len(header)), header, *writer.buffers])


def decode(
    frame: bytes, limits: Limits = LIMITS, finite: bool = False, resolve: Resolve | None = None, texts: bool = False
) -> Any:
    """The value that `frame` holds; arrays are fresh and writable. With `texts` it may hold a `JsonText`, as its value.

    `resolve` turns a handle's number and type name into what stands for it here; without it a handle is refused.
    Raises `CodecError` for a frame that is damaged, breaks a limit or names a type that may not cross.
    """
    _hold("bytes", len(frame), limits.bytes)
    try:
        size = struct.unpack_from("<I", frame)[0]
        header = _DECODER.decode(frame[4 : 4 + size].decode())
        lengths, tree = header["n"], header["v"]
        _hold("buffers", len(lengths), limits.buffers)
        if any(type(n) is not int or n < 0 for n in lengths) or 4 + size + sum(lengths) != len(frame):
            raise CodecError("the lengths in the header do not add up to the frame")
        ends = list(itertools.accumulate(lengths, initial=4 + size))
        buffers = [frame[start:end] for start, end in itertools.pairwise(ends)]
        return _Reader(limits, finite, resolve, texts, buffers).read(tree, 0)
    except CodecError as error:
        raise CodecError(f"A frame was refused: {error}.") from None
    except (
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        struct.error,
        RecursionError,
        OverflowError,
    ) as error:
        raise CodecError(f"A frame was refused: it is damaged ({type(error).__name__}).") from None


class _Writer:
    def __init__(self, limits: Limits, finite: bool, export: Export | None, plainly: bool) -> None:
        self.limits, self.finite, self.export, self.plainly = limits, finite, export, plainly
        self.buffers: list[bytes] = []

    def write(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if value is None or kind is str or kind is bool:
            return value
        if kind is int:
            return value if -WORD < value < WORD else {"$i": hex(value)}
        if kind is float:
            return value if math.isfinite(value) else {"$f": _non_finite(value, self.finite)}
        if depth >= self.limits.depth:
            raise CodecError(f"The value is nested deeper than {self.limits.depth} levels. Send it flat.")
        if kind is list:
            return self._list(value, depth + 1)
        if kind is dict:
            return self._dict(value, depth + 1)
        if kind is tuple:
            return {"$t": [self.write(part, depth + 1) for part in value]}
        if kind is set or kind is frozenset:
            tag = "$s" if kind is set else "$z"
            return {tag: [self.write(part, depth + 1) for part in sorted(value, key=repr)]}
        if kind is bytes:
            return {"$b": self._buffer(value)}
        if kind is JsonText:
            return {"$j": self._buffer(value.encode())}
        return self._other(value, depth + 1)

    def _list(self, value: list[Any], depth: int) -> Any:
        if _is_json(value):
            long = len(value) > FEW and len(self.buffers) < MANY_BUFFERS
            if long and type(value[0]) is type(value[-1]) is float and {*map(type, value)} == {float}:
                return {"$v": self._buffer(np.array(value, "<f8").tobytes())}
            return value
        if len(value) >= ROWS and (table := self._table(value, depth)) is not None:
            return table
        first = type(value[0]) if len(value) > FEW else None
        if first is not None and issubclass(first, np.generic) and all(type(part) is first for part in value):
            array = np.array(value)
            if self.plainly and array.dtype.kind in "biuf" and array.ndim == 1:
                return self._list(array.tolist(), depth)
            if array.shape == (len(value),) and array.dtype.kind in ARRAY_KINDS and type(array[0]) is first:
                return {"$l": self.write(array, depth)}
        return [self.write(part, depth) for part in value]

    def _table(self, rows: list[Any], depth: int) -> Any:
        """Dictionaries of the same names by column, or None if they are not such or hold what stands in no column."""
        if {*map(type, rows)} != {dict} or {*map(type, itertools.chain.from_iterable(rows))} != {str}:
            return None
        names = tuple(rows[0])
        if len(names) < COLUMNS or depth >= self.limits.depth or {*map(tuple, rows)} != {names}:
            return None
        written = len(self.buffers)
        columns = [self._list(list(column), depth + 1) for column in zip(*map(dict.values, rows), strict=True)]
        if all(map(_is_column, columns)):
            return {"$r": columns, "k": names}
        del self.buffers[written:]
        return None

    def _dict(self, value: dict[Any, Any], depth: int) -> Any:
        for key in value:
            if type(key) is not str or key[:1] == "$":
                return {"$d": [[self.write(key, depth), self.write(part, depth)] for key, part in value.items()]}
        return {
            key: one if (kind := type(one)) in WORDS or (kind is int and -WORD < one < WORD) else self.write(one, depth)
            for key, one in value.items()
        }

    def _other(self, value: Any, depth: int) -> Any:
        kind = type(value)  # an object may lie about its class, so isinstance is not asked
        if self.plainly and (plain := _plain(value)) is not value:
            return self.write(plain, depth)
        if issubclass(kind, np.str_):
            return str(value)
        if kind is np.ndarray or issubclass(kind, np.generic):
            return self._array(value)
        if kind.__module__.split(".")[0] in ("pandas", "pyarrow") and (table := _to_arrow(value)) is not None:
            return {"$p": self._buffer(_arrow_bytes(table)), "k": kind.__name__}
        number = self.export(value) if self.export else None
        if number is not None:
            return {"$h": number, "k": kind.__name__}
        raise CodecError(
            f"A value of type {kind.__name__} cannot cross between test and answer: plain values, "
            "arrays and tables can. Return one of these."
        )

    def _array(self, value: Any) -> Any:
        array = np.asarray(value)
        if array.dtype.kind not in ARRAY_KINDS or array.dtype.hasobject:
            raise CodecError(
                f"An array of dtype {array.dtype} cannot cross. Use numbers, booleans or dates, or a list: .tolist()."
            )
        if self.finite and array.dtype.kind in "fc" and not np.isfinite(array).all():
            raise CodecError("An array holds nan or infinity where only finite numbers are allowed.")
        found = {"t": array.dtype.str, "s": list(array.shape)}
        return {"$a" if type(value) is np.ndarray else "$n": self._buffer(array.tobytes()), **found}

    def _buffer(self, content: bytes) -> int | str:
        if len(content) <= SMALL_BYTES:
            return content.hex()
        self.buffers.append(content)
        _hold("buffers", len(self.buffers), self.limits.buffers)
        return len(self.buffers) - 1


def _plain(value: Any) -> Any:
    """What a value of numpy or the standard library stands for; any other is returned as it is."""
    kind = type(value)
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):  # a named tuple's class is its author's
        return list(tuple.__iter__(value))
    if not _flags_of(kind) & IMMUTABLE and kind not in KNOWN:
        return value
    if issubclass(kind, np.generic) or (kind is np.ndarray and value.shape == ()):
        return value.item() if value.dtype.kind in "biuf" else value
    known = next((known for wanted, known in FORMS if issubclass(kind, wanted)), None)
    if known is None or kind in NOT_PLAIN:
        return value
    try:
        return known(value)
    except (ArithmeticError, ValueError, RecursionError):  # a number beyond every float, a mapping of itself
        return value


class _Reader:
    def __init__(
        self, limits: Limits, finite: bool, resolve: Resolve | None, texts: bool, buffers: list[bytes]
    ) -> None:
        self.limits, self.finite, self.resolve = limits, finite, resolve
        self.texts, self.buffers = texts, buffers
        self.taken = set[int]()  # each buffer is read once: a small frame that names one often would become large

    def read(self, tree: Any, depth: int) -> Any:
        kind = type(tree)
        if kind is not list and kind is not dict:
            return tree
        if depth >= self.limits.depth:
            raise CodecError(f"it is nested deeper than {self.limits.depth} levels")
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
        if tag == "$f":
            return float({"nan": "nan", "inf": "inf", "-inf": "-inf"}[_non_finite(float(content), self.finite)])
        if tag in ("$t", "$s", "$z"):
            kind = {"$t": tuple, "$s": set, "$z": frozenset}[tag]
            return kind(self.read(part, depth) for part in content)
        if tag == "$i":
            return int(content, 16)
        if tag == "$l":
            array = self.read(content, depth)
            if type(array) is not np.ndarray or array.ndim != 1:
                raise CodecError("a list of numbers is no array of one dimension")
            return list(array)
        if tag == "$v":
            return self._finite(np.frombuffer(self._bytes(content), "<f8")).tolist()
        if tag == "$r":
            return self._rows(content, tree["k"], depth)
        if tag == "$d":
            return {self.read(key, depth): self.read(part, depth) for key, part in content}
        if tag == "$h":
            if self.resolve is None or type(content) is not int:
                raise CodecError("it holds a handle where only data is allowed")
            return self.resolve(content, str(tree["k"]))
        if tag == "$b":
            return self._bytes(content)
        if tag == "$j" and self.texts:
            return _DECODER.decode(self._bytes(content).decode())
        if tag in ("$a", "$n"):
            return self._array(self._bytes(content), tree, scalar=tag == "$n")
        if tag == "$p":
            return _from_arrow(self._bytes(content), tree["k"], self.finite, self.limits)
        raise CodecError(f"the kind {tag!r} is unknown")

    def _bytes(self, content: Any) -> bytes:
        if type(content) is str and len(content) <= 2 * SMALL_BYTES:
            return bytes.fromhex(content)
        if type(content) is not int or not 0 <= content < len(self.buffers):
            raise CodecError(f"buffer {content!r} does not exist")
        if content in self.taken:
            raise CodecError(f"buffer {content} stands in it twice")
        self.taken.add(content)
        return self.buffers[content]

    def _array(self, content: bytes, tree: dict[str, Any], scalar: bool) -> Any:
        if not _DTYPE.fullmatch(tree["t"]):
            raise CodecError(f"dtype {tree['t']!r} may not cross")
        dtype, shape = np.dtype(tree["t"]), tree["s"]
        if any(type(n) is not int or n < 0 for n in shape) or math.prod(shape) * dtype.itemsize != len(content):
            raise CodecError(f"shape {shape} of {dtype} does not fit {len(content)} bytes")
        if scalar and shape:
            raise CodecError("a scalar has a shape")
        array = self._finite(np.frombuffer(content, dtype).reshape(shape).copy())
        return array[()] if scalar else array

    def _finite(self, array: np.ndarray) -> np.ndarray:
        if self.finite and array.dtype.kind in "fc" and not np.isfinite(array).all():
            raise CodecError("it holds nan or infinity where only finite numbers are allowed")
        return array

    def _rows(self, columns: list[Any], names: list[Any], depth: int) -> list[dict[str, Any]]:
        if not COLUMNS <= len(names) == len(columns) or {*map(type, names)} != {str}:
            raise CodecError("it holds rows without names, or with too few")
        if not all(map(_is_column, columns)):
            raise CodecError("it holds rows of what is no column")
        rows = zip(*(self.read(column, depth) for column in columns), strict=True)
        return list(map(dict, map(zip, itertools.repeat(names), rows)))


def _is_json(values: list[Any]) -> bool:
    """True for a list whose values all cross as they are; a long one is looked through in C, not one by one."""
    kinds = set(map(type, values))
    if kinds == {float}:
        return all(map(math.isfinite, values))
    if kinds == {int}:
        return min(values) > -WORD and max(values) < WORD
    return kinds <= WORDS


def _is_column(written: Any) -> bool:
    """Whether a column was written as a plain list or as floats: what it grows to when read is bounded."""
    return type(written) is list or (type(written) is dict and [*written] == ["$v"])


def _hold(what: str, count: int, most: int) -> None:
    if count > most:
        raise CodecError(f"{count:,} {what} exceed the limit of {most:,} a frame. Send less at once.")


def _non_finite(value: float, refuse: bool) -> str:
    if refuse:
        raise CodecError(f"The value {value} is not finite, and only finite numbers are allowed.")
    return repr(value)


def _refuse_constant(name: str) -> Any:
    raise CodecError(f"{name} stands in it as a bare word")


_ENCODER = json.JSONEncoder(separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _to_arrow(value: Any) -> Any:
    import pandas as pd
    import pyarrow as pa

    if type(value) is pa.Table:
        return value
    called = type(value).__name__
    if type(value) is pd.Series:
        value = value.to_frame("" if value.name is None else str(value.name))
    if type(value) is not pd.DataFrame:
        return None
    try:
        return pa.Table.from_pandas(value)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise CodecError(
            f"A {called} with values of several kinds cannot cross: {error}. Use columns of one kind, numbers, text or "
            "dates; of a row give .to_dict(), of a column .tolist()."
        ) from None


def _arrow_bytes(table: Any) -> bytes:
    import pyarrow as pa

    if any(isinstance(field.type, pa.BaseExtensionType) for field in table.schema):
        raise CodecError("A table with an Arrow extension type cannot cross. Use columns of numbers, text or dates.")
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def _from_arrow(content: bytes, kind: str, finite: bool, limits: Limits) -> Any:
    import pyarrow as pa

    try:
        table = pa.ipc.open_stream(content).read_all()
        table.validate(full=True)  # offsets that point beyond their buffer would show memory
    except (pa.ArrowException, OSError) as error:
        raise CodecError(f"a table in it cannot be read ({type(error).__name__})") from None
    _hold("bytes of a table", table.nbytes, limits.bytes)
    if any(isinstance(field.type, pa.BaseExtensionType) for field in table.schema):
        raise CodecError("a table in it has an Arrow extension type")
    if finite and any(
        pa.types.is_floating(column.type) and not np.isfinite(column.drop_null().to_numpy()).all()
        for column in table.columns
    ):
        raise CodecError("a table in it holds nan or infinity where only finite numbers are allowed")
    if kind == "Table":
        return table
    frame = table.to_pandas()
    if kind == "Series":
        series = frame.iloc[:, 0]
        return series.rename(None) if series.name == "" else series
    return frame
