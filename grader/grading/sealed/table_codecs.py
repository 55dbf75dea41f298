"""What of pandas, torch and scipy crosses beyond plain tables, as kinds of `grader.grading.sealed.codecs`.

Imported only where such a value is met, so that a light assignment never loads a heavy library.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from grader.suite_kit.codec import CodecError

SPARSE = ("csr", "csc", "coo", "bsr", "dia", "lil", "dok")


def write(module: str, kind: type, value: Any) -> tuple[str, Any] | None:
    """(kind, content) of a value of library `module`, or None if it is no data of a kind known here."""
    if module == "torch":
        return _write_tensor(value) if kind.__name__ in ("Tensor", "Parameter") else None
    if module == "scipy":
        return _write_sparse(kind, value) if getattr(value, "format", None) in SPARSE else None
    import pandas as pd

    if value is pd.NaT or value is pd.NA:
        return "missing", "NaT" if value is pd.NaT else "NA"
    if kind in (pd.Timestamp, pd.Timedelta):
        return "stamp", [kind.__name__, value.isoformat(), str(value.tz) if getattr(value, "tz", None) else None]
    if kind in (pd.Period, pd.Interval):
        return "scalar", pd.array([value])
    if isinstance(value, pd.Index):
        return _write_index(value)
    if isinstance(value, pd.api.extensions.ExtensionArray):
        return _write_values(value)
    if kind is pd.Series and _is_apart(value):
        return "value series", [value.array, value.index, value.name]
    if kind is pd.Series and value.dtype == object:
        return "object series", [value.tolist(), value.index, value.name]
    if kind is pd.Series and value.name is not None and type(value.name) is not str:
        return "series", [value.rename(None), value.name]
    if kind is pd.DataFrame and _has_parts(value):
        columns = [value.iloc[:, i].reset_index(drop=True) for i in range(value.shape[1])]
        return "parts", [columns, value.index, value.columns]
    if kind is pd.DataFrame and any(type(name) is not str for name in value.columns):
        if isinstance(value.columns, pd.MultiIndex):
            return "multi", [_numbered(value), value.columns.tolist(), list(value.columns.names)]
        return "frame", [_numbered(value), value.columns]
    return None


def _is_apart(series: Any) -> bool:
    """Whether a series has a type or an index that Arrow would lose."""
    return _is_odd_type(series.dtype) or _is_odd(series.index)


def _is_odd_type(dtype: Any) -> bool:
    import pandas as pd

    known = (pd.CategoricalDtype, pd.PeriodDtype, pd.IntervalDtype, pd.SparseDtype)
    return isinstance(dtype, known) or dtype.kind == "c"


def _is_odd(index: Any) -> bool:
    return getattr(index, "freq", None) is not None or type(index).__name__ in (
        "PeriodIndex", "IntervalIndex", "CategoricalIndex", "MultiIndex",
    )  # fmt: skip


def _has_parts(frame: Any) -> bool:
    """Whether a table goes over column by column."""
    objects = any(dtype.hasobject for dtype in frame.dtypes if isinstance(dtype, np.dtype))
    odd = any(map(_is_odd_type, frame.dtypes))
    return objects or odd or _is_odd(frame.index) or not frame.columns.is_unique


def _write_values(value: Any) -> tuple[str, Any] | None:
    """An array of a type of pandas's own, by the arrays that it is made of."""
    import pandas as pd

    kind = type(value).__name__
    if kind == "Categorical":
        return "values", [kind, value.codes, value.categories, bool(value.ordered)]
    if kind == "PeriodArray":
        return "values", [kind, value.asi8, value.freqstr]
    if kind == "IntervalArray":
        return "values", [kind, value.left, value.right, value.closed]
    if kind == "SparseArray":
        return "values", [kind, np.asarray(value), value.fill_value]
    if kind == "NumpyExtensionArray":
        return "values", [kind, value.to_numpy()]
    return "values", ["plain", pd.Series(value)]


def _make_values(content: Any) -> Any:
    import pandas as pd

    kind, first, *more = content
    if kind == "Categorical":
        return pd.Categorical.from_codes(first, more[0], ordered=more[1] is True)
    if kind == "PeriodArray":
        return pd.PeriodIndex.from_ordinals(first, freq=str(more[0])).array
    if kind == "IntervalArray":
        return pd.arrays.IntervalArray.from_arrays(first, more[0], closed=str(more[1]))
    if kind == "SparseArray":
        return pd.arrays.SparseArray(first, fill_value=more[0])
    return pd.Series(first).array


def _make_value_series(content: Any) -> Any:
    import pandas as pd

    values, index, name = content
    return pd.Series(values, index=index, name=name)


def _numbered(value: Any) -> Any:
    """The same table with its columns called "0", "1", ...; their types stay."""
    value = value.copy(deep=False)
    value.columns = [str(number) for number in range(value.shape[1])]
    return value


def _write_index(value: Any) -> tuple[str, Any] | None:
    import pandas as pd

    name = value.name if not isinstance(value, pd.MultiIndex) else None
    if type(value) is pd.RangeIndex:
        return "index", ["range", [value.start, value.stop, value.step], name]
    if isinstance(value, pd.MultiIndex):
        return "index", ["multi", value.tolist(), list(value.names)]
    kind = type(value).__name__
    if kind in ("PeriodIndex", "IntervalIndex", "CategoricalIndex"):
        return "index", ["values", value.array, name]
    if kind in ("DatetimeIndex", "TimedeltaIndex") and value.freq is not None:
        return "index", [f"every {value.freqstr}", pd.Series(value._with_freq(None), name=None), name]
    if kind not in ("Index", "DatetimeIndex", "TimedeltaIndex"):
        return None
    if value.dtype == object:
        return "index", ["objects", value.tolist(), name]
    return "index", ["series", pd.Series(value, name=None).reset_index(drop=True), name]


def _make_index(content: Any) -> Any:
    import pandas as pd

    kind, values, name = content
    if kind == "range":
        return pd.RangeIndex(*values, name=name)
    if kind == "multi":
        return pd.MultiIndex.from_tuples(values, names=name)
    if kind == "objects":
        return pd.Index(values, dtype=object, name=name)
    index = pd.Index(values, name=name)
    if kind.startswith("every "):
        index.freq = kind.removeprefix("every ")
    return index


def _make_series(content: Any) -> Any:
    series, name = content
    series.name = name
    return series


def _make_frame(content: Any) -> Any:
    frame, columns = content
    frame.columns = columns
    return frame


def _make_object_series(content: Any) -> Any:
    import pandas as pd

    values, index, name = content
    return pd.Series(values, index=index, name=name, dtype=object)


def _make_parts(content: Any) -> Any:
    import pandas as pd

    columns, index, names = content
    frame = pd.concat(columns, axis=1, ignore_index=True) if columns else pd.DataFrame(index=index)
    frame.index, frame.columns = index, names
    return frame


def _make_multi(content: Any) -> Any:
    import pandas as pd

    frame, columns, names = content
    frame.columns = pd.MultiIndex.from_tuples(columns, names=names)
    return frame


def _make_stamp(content: Any) -> Any:
    import pandas as pd

    kind, text, zone = content
    if kind == "Timedelta":
        return pd.Timedelta(text)
    stamp = pd.Timestamp(text)
    return stamp if zone is None else stamp.tz_convert(str(zone))


def _make_missing(content: Any) -> Any:
    import pandas as pd

    return pd.NaT if content == "NaT" else pd.NA


def _write_tensor(value: Any) -> tuple[str, Any]:
    import torch

    plain = value.detach().cpu()
    name = str(plain.dtype).removeprefix("torch.")
    if plain.dtype == torch.bfloat16:
        plain = plain.float()
    return "tensor", [plain.numpy(), name, bool(value.requires_grad), type(value).__name__]


def _make_tensor(content: Any) -> Any:
    array, dtype, grows, kind = content
    import torch

    wanted = getattr(torch, str(dtype))
    if not isinstance(wanted, torch.dtype):
        raise CodecError(f"torch.{dtype} is no type of numbers")
    tensor = torch.from_numpy(np.ascontiguousarray(array).reshape(np.shape(array))).to(wanted)
    if kind == "Parameter":
        return torch.nn.Parameter(tensor, requires_grad=bool(grows))
    return tensor.requires_grad_() if grows else tensor


def _write_sparse(kind: type, value: Any) -> tuple[str, Any]:
    plain = value.tocoo()
    return "sparse", [kind.__name__, value.format, list(plain.shape), list(plain.coords), plain.data]


def _make_sparse(content: Any) -> Any:
    import scipy.sparse

    name, form, shape, coords, data = content
    if form not in SPARSE or len(shape) != 2 or max(shape) > 10**8:
        raise CodecError("a sparse matrix has a form that is not known")
    made = scipy.sparse.coo_array if str(name).endswith("array") else scipy.sparse.coo_matrix
    return made((data, tuple(coords)), shape=tuple(shape)).asformat(form)


MAKERS: dict[str, Callable[[Any], Any]] = {
    "index": _make_index, "series": _make_series, "frame": _make_frame, "multi": _make_multi,
    "stamp": _make_stamp, "missing": _make_missing, "tensor": _make_tensor, "sparse": _make_sparse,
    "object series": _make_object_series, "parts": _make_parts, "values": _make_values,
    "value series": _make_value_series, "scalar": lambda content: content[0],
}  # fmt: skip
