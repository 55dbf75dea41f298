"""Further kinds of data that may cross between checker and answer: those of the standard library, numpy, pandas, torch.

For `grader.suite_kit.codec` as its `more` and `build`, the same on both sides. A kind is plain content under a name;
nothing that holds code or behaviour of its own may be added here, nor a kind that equals what it does not hold (a
masked array).
"""

import collections
import datetime
import decimal
import fractions
import importlib
import pathlib
import random
import sys
import types
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.suite_kit.codec import CodecError

# Types that are sent by name. Calling one with plain data gives plain data.
TYPES: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        bool,
        bytes,
        bytearray,
        complex,
        dict,
        float,
        frozenset,
        int,
        list,
        object,
        range,
        set,
        slice,
        str,
        tuple,
    )
} | {"NoneType": type(None), "Counter": collections.Counter, "OrderedDict": collections.OrderedDict}
FACTORIES = {name: TYPES[name] for name in ("bool", "dict", "float", "int", "list", "set", "str", "tuple")}
CALENDAR: dict[str, Any] = {kind.__name__: kind for kind in (datetime.datetime, datetime.date, datetime.time)}
ZONES = (datetime.timezone, zoneinfo.ZoneInfo)
ITEMS = 2_000_000
BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
# Libraries so heavy that the checker loads them only for tests that use them; their values cross where it has.
GATED = ("torch", "sympy")
TABLES = (
    "frame", "index", "missing", "multi", "object series", "parts", "scalar", "series", "sparse", "stamp", "tensor",
    "values", "value series",
)  # fmt: skip
SYMBOLS = tuple(f"sympy {kind}" for kind in ("integer", "rational", "float", "symbol", "constant", "operation"))


class CannotBuild(CodecError):
    """A value of a known kind that cannot be built here. An honest answer can cause it: a library that is missing."""


def more(value: Any) -> tuple[str, Any] | None:
    """(kind, content) of a value that is data of a further kind, else None."""
    kind = type(value)
    writer = _WRITERS.get(kind)
    if writer is not None:
        return writer(value)
    if issubclass(kind, type):
        return _write_type(value)
    if issubclass(kind, tuple):
        return None if _has_methods(kind) else named_tuple(value)
    if issubclass(kind, np.ndarray):
        return _write_array(value)
    module = kind.__module__.partition(".")[0]
    if module in ("pandas", "torch", "scipy", "numpy", "sympy"):
        return _of_library(module, kind, value)
    return None


def build(kind: str, content: Any) -> Any:
    """The value of a further kind. Raises `CodecError` for a kind that is unknown, `CannotBuild` for its content."""
    maker = _MAKERS.get(kind)
    if maker is None:
        raise CodecError(f"the kind {kind[:40]!r} is unknown")
    try:
        return maker(content)
    except CodecError as error:
        raise CannotBuild(str(error)) from None
    except Exception as error:
        raise CannotBuild(f"a value of kind {kind} cannot be built ({type(error).__name__})") from None


def _write_type(value: type) -> tuple[str, Any] | None:
    if TYPES.get(value.__name__) is value:
        return "type", value.__name__
    if issubclass(value, np.generic) and value.__module__ == "numpy":
        return "numpy type", value.__name__
    return None


def _has_methods(kind: type) -> bool:
    """Whether the student wrote methods or properties for a named tuple: then it is more than data."""
    for made in vars(kind).values():
        function = getattr(made, "__func__", made)
        if isinstance(made, property) or (
            isinstance(function, types.FunctionType)
            and not str(function.__globals__.get("__name__")).startswith(("collections", "namedtuple_", "typing"))
        ):
            return True
    return False


def named_tuple(value: Any) -> tuple[str, Any] | None:
    """A named tuple by its fields and values; None if its class is no plain one."""
    kind = type(value)
    fields = getattr(kind, "_fields", None)
    if kind.__mro__[1:] != (tuple, object) or type(fields) is not tuple or len(fields) != len(value):
        return None
    return "named tuple", [kind.__name__, list(fields), list(value)]


def _make_named_tuple(content: Any) -> Any:
    name, fields, values = content
    return _tuple_type(str(name), tuple(map(str, fields)))(*values)


def _tuple_type(name: str, fields: tuple[str, ...]) -> Any:
    known = _TUPLE_TYPES.get((name, fields))
    if known is None:
        if len(_TUPLE_TYPES) > 500 or len(fields) > 200:
            raise CodecError("there are too many kinds of named tuples")
        known = _TUPLE_TYPES[name, fields] = collections.namedtuple(name, fields)
    return known


def _write_array(value: Any) -> tuple[str, Any] | None:
    if type(value) is np.ndarray and value.dtype.names:
        return "records", [list(value.dtype.names), [value[name] for name in value.dtype.names], list(value.shape)]
    if type(value) is not np.ndarray or value.dtype.kind not in "OUS":
        return None
    if value.dtype.kind == "O":
        return "object array", [list(value.shape), value.ravel().tolist()]
    return "text array", [list(value.shape), value.ravel().tolist(), value.dtype.str]


def _make_records(content: Any) -> Any:
    """A structured array from its fields, each an array that has the shape of the whole and perhaps one of its own."""
    names, columns, shape = content
    if not all(type(field) is np.ndarray and list(field.shape[: len(shape)]) == shape for field in columns):
        raise CodecError("the fields of a structured array do not fit its shape")
    fields = zip(map(str, names), columns, strict=True)
    array = np.empty(shape, dtype=[(name, field.dtype, field.shape[len(shape) :]) for name, field in fields])
    for name, column in zip(map(str, names), columns, strict=True):
        array[name] = column
    return array


def _make_object_array(content: Any) -> Any:
    shape, items = content
    array = np.empty(len(items), dtype=object)
    array[:] = items if not any(hasattr(value, "__len__") for value in items) else _each(items)
    return array.reshape(shape)


def _each(items: list[Any]) -> Any:
    array = np.empty(len(items), dtype=object)
    for index, value in enumerate(items):
        array[index] = value
    return array


def _make_text_array(content: Any) -> Any:
    shape, items, dtype = content
    width = int(dtype[2:])
    if dtype[1] not in "US" or width * max(1, len(items)) > 100 * ITEMS:
        raise CodecError("a text array is too large")
    return np.array(items, dtype=dtype).reshape(shape)


def _make_range(content: Any) -> range:
    return range(*map(int, content))


def _make_default_dict(content: Any) -> Any:
    factory, items = content
    return collections.defaultdict(FACTORIES.get(factory), items)


def _write_default_dict(value: Any) -> tuple[str, Any] | None:
    """A default dict by name of its factory; None if that is a function of the student's."""
    known = value.default_factory is None or value.default_factory in FACTORIES.values()
    return default_dict(value) if known else None


def default_dict(value: Any) -> tuple[str, Any]:
    """A default dict without a factory that cannot cross."""
    name = getattr(value.default_factory, "__name__", "")
    return "defaultdict", [name if FACTORIES.get(name) is value.default_factory else "", _pairs(value)]


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items())


def _write_calendar(value: Any) -> tuple[str, Any] | None:
    """A date or time; None if its zone is of a class that is not known."""
    zone, text = getattr(value, "tzinfo", None), value.isoformat()
    if zone is not None:
        if type(zone) not in ZONES:
            return None
        text = value.replace(tzinfo=None).isoformat()
    return "calendar", [type(value).__name__, text, zone, getattr(value, "fold", 0)]


def _make_calendar(content: Any) -> Any:
    kind, text, zone, fold = content
    value: Any = CALENDAR[kind].fromisoformat(text)
    if zone is not None and type(zone) not in ZONES:
        raise CodecError("a time has a zone that is none")
    return value if kind == "date" else value.replace(tzinfo=zone, fold=1 if fold == 1 else 0)


def _write_timezone(value: datetime.timezone) -> tuple[str, Any]:
    name = None if value == datetime.UTC else str(value)
    return "timezone", [value.utcoffset(None), name if name and not name.startswith("UTC") else None]


def _make_timezone(content: Any) -> datetime.timezone:
    offset, name = content
    return datetime.timezone(offset) if name is None else datetime.timezone(offset, str(name))


def _write_zone(value: zoneinfo.ZoneInfo) -> tuple[str, Any] | None:
    return ("zone", value.key) if value.key else None


def _of_library(module: str, kind: type, value: Any) -> tuple[str, Any] | None:
    from grader.grading.sealed import table_codecs

    if module == "sympy":
        return importlib.import_module("grader.grading.sealed.symbolic_codecs").write(value)
    if module == "numpy":
        return ("dtype", value.str) if isinstance(value, np.dtype) and value.kind in "biufcMmUSO" else None
    return table_codecs.write(module, kind, value)


def _from(module: str, kind: str) -> Callable[[Any], Any]:
    def make(content: Any) -> Any:
        return importlib.import_module(f"grader.grading.sealed.{module}").MAKERS[kind](content)

    return make


def _numpy_type(content: Any) -> Any:
    found = getattr(np, content)
    if not (isinstance(found, type) and issubclass(found, np.generic)):
        raise CodecError(f"numpy.{content} is no type of numbers")
    return found


def _write_generator(value: Any) -> tuple[str, Any]:
    return "generator", [type(value.bit_generator).__name__, value.bit_generator.state]


def _make_generator(content: Any) -> Any:
    name, state = content
    if name not in BIT_GENERATORS:
        raise CodecError(f"there is no bit generator {name!r}")
    source = getattr(np.random, name)()
    _hold_position(state["state"].get("pos", 0), 624)
    _hold_position(state.get("buffer_pos", 0), 4)
    source.state = state
    return np.random.Generator(source)


def _hold_position(position: Any, most: int) -> None:
    """numpy reads at this position of a generator's buffer without looking whether it is one."""
    if not 0 <= int(position) <= most:
        raise CodecError(f"a generator stands at {position} of {most}")


def _make_random(content: Any) -> Any:
    made = random.Random()
    made.setstate(content)
    return made


def _make_random_state(content: Any) -> Any:
    made = np.random.RandomState()
    _hold_position(content[2], 624)
    made.set_state(content)
    return made


_Writer = Callable[[Any], tuple[str, Any] | None]
_TUPLE_TYPES: dict[tuple[str, tuple[str, ...]], Any] = {}
_WRITERS: dict[type, _Writer] = {
    complex: lambda value: ("complex", [value.real, value.imag]),
    range: lambda value: ("range", [value.start, value.stop, value.step]),
    slice: lambda value: ("slice", [value.start, value.stop, value.step]),
    type(...): lambda value: ("ellipsis", None),
    bytearray: lambda value: ("bytearray", bytes(value)),
    collections.Counter: lambda value: ("Counter", _pairs(value)),
    collections.OrderedDict: lambda value: ("OrderedDict", _pairs(value)),
    collections.defaultdict: _write_default_dict,
    collections.deque: lambda value: ("deque", [list(value), value.maxlen]),
    type({}.keys()): lambda value: ("keys", list(value)),
    type({}.values()): lambda value: ("values", list(value)),
    type({}.items()): lambda value: ("items", list(value)),
    fractions.Fraction: lambda value: ("Fraction", [value.numerator, value.denominator]),
    decimal.Decimal: lambda value: ("Decimal", str(value)),
    datetime.timedelta: lambda value: ("timedelta", [value.days, value.seconds, value.microseconds]),
    **dict.fromkeys(CALENDAR.values(), _write_calendar),
    datetime.timezone: _write_timezone,
    zoneinfo.ZoneInfo: _write_zone,
    uuid.UUID: lambda value: ("uuid", value.hex),
    np.str_: lambda value: ("numpy text", str(value)),
    np.bytes_: lambda value: ("numpy bytes", bytes(value)),
    np.void: lambda value: ("record", value.reshape(1)) if value.dtype.names else None,
    np.matrix: lambda value: ("matrix", np.asarray(value)),
    np.random.Generator: _write_generator,
    np.random.RandomState: lambda value: ("random state", value.get_state()),
    random.Random: lambda value: ("random", value.getstate()),
    pathlib.PosixPath: lambda value: ("path", str(value)),
}
_MAKERS: dict[str, Callable[[Any], Any]] = {
    "complex": lambda content: complex(*content),
    "range": _make_range,
    "slice": lambda content: slice(*content),
    "ellipsis": lambda content: ...,
    "bytearray": bytearray,
    "Counter": lambda content: collections.Counter(dict(content)),
    "OrderedDict": collections.OrderedDict,
    "defaultdict": _make_default_dict,
    "deque": lambda content: collections.deque(content[0], content[1]),
    "keys": lambda content: dict.fromkeys(content).keys(),
    "values": lambda content: dict(enumerate(content)).values(),
    "items": lambda content: dict(content).items(),
    "Fraction": lambda content: fractions.Fraction(*map(int, content)),
    "Decimal": decimal.Decimal,
    "timedelta": lambda content: datetime.timedelta(*content),
    "calendar": _make_calendar,
    "timezone": _make_timezone,
    "zone": zoneinfo.ZoneInfo,
    "uuid": uuid.UUID,
    "path": pathlib.PurePosixPath if sys.platform == "win32" else pathlib.Path,
    "generator": _make_generator,
    "random state": _make_random_state,
    "random": _make_random,
    "type": TYPES.__getitem__,
    "numpy type": _numpy_type,
    "dtype": np.dtype,
    "named tuple": _make_named_tuple,
    "object array": _make_object_array,
    "text array": _make_text_array,
    "records": _make_records,
    "record": lambda content: content[0],
    "matrix": lambda content: np.asmatrix(content),
    "numpy text": lambda content: np.str_(content),
    "numpy bytes": lambda content: np.bytes_(content),
    **{kind: _from("table_codecs", kind) for kind in TABLES},
    **{kind: _from("symbolic_codecs", kind) for kind in SYMBOLS},
}
