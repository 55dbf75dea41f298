"""A frame carries data and nothing else, within limits."""

import json
import math
import pickle
import struct

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.suite_kit.codec import CodecError, JsonText, Limits, decode, encode

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=20,
)


def frame(tree, buffers=()):
    header = json.dumps({"v": tree, "n": [len(buffer) for buffer in buffers]}).encode()
    return struct.pack("<I", len(header)) + header + b"".join(buffers)


@given(plain)
def test_plain_values_come_back_as_they_were(value):
    again = decode(encode(value))
    assert again == value
    assert type(again) is type(value)


@given(st.lists(st.integers()) | st.lists(st.floats()) | st.lists(st.none() | st.booleans() | st.text()))
def test_lists_of_one_kind_come_back_as_they_were_and_are_new(values):
    again = decode(encode(values))
    assert [(type(value), repr(value)) for value in again] == [(type(value), repr(value)) for value in values]
    assert again is not values


NAMES = ("a", "b", "$c", "d", "e")
rows = st.integers(3, 5).flatmap(
    lambda many: st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES[:many], plain)), min_size=4)
)


@given(rows | rows.map(lambda some: [*some, {"a": 1, "b": 2, "d": 3, "$c": 4}]))
def test_dictionaries_of_the_same_names_come_back_as_they_were_and_apart(values):
    again = decode(encode(values))
    assert again == values
    assert [list(row) for row in again] == [list(row) for row in values]
    assert len({id(row) for row in again}) == len(values)


def row(value, many=4):
    return dict.fromkeys(NAMES[:many], value)


def test_records_of_a_simulation_cross_in_a_frame_of_half_the_size():
    records = [{"arrived": n / 7, "number": n, "tenant": "red", "written": 0} for n in range(100)]
    assert len(encode(records)) < len(frame(records)) / 2
    assert decode(encode(records)) == records
    assert len(encode([{"arrived": 1 / 7, "number": n} for n in range(100)])) > 2_000, (
        "with few names they cross as they are"
    )


@pytest.mark.parametrize("odd", [np.int64(3), math.nan, 2**70, [1], {"a": 1}, b"ab", (1, 2), np.arange(9), None])
def test_what_else_a_dictionary_of_a_list_holds_keeps_its_kind(odd):
    for values in ([row(1)] * 9 + [row(odd)], [row(odd)] * 20):
        again = decode(encode(values))
        assert [type(one["a"]) for one in again] == [type(one["a"]) for one in values]
        assert repr(again) == repr(values)


def test_dictionaries_are_refused_for_what_they_hold_as_other_values_are():
    named = type("Name", (str,), {})
    for value in ([row(object())] * 9, [{named(name): 1 for name in "abcd"}] * 9):
        with pytest.raises(CodecError, match="cannot cross"):
            encode(value)
    for _ in range(120):
        value = [row(1) for _ in range(9)] if not _ else [row(value)] + [row(1) for _ in range(8)]
    with pytest.raises(CodecError, match="nested deeper"):
        encode(value)


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"$r": [[1]] * 3, "k": [*"abc"]}, "too few"), ({"$r": [[1]] * 4, "k": [*"abc"]}, "too few"),
        ({"$r": [[1]] * 4, "k": [*"abc", 4]}, "without names"),
        ({"$r": [[1]] * 3 + [[1, 2]], "k": [*"abcd"]}, "damaged"),
        ({"$r": [[1]] * 3 + ["1"], "k": [*"abcd"]}, "no column"), ({"$r": 5, "k": [*"abcd"]}, "damaged"),
        ({"$r": [[1]] * 3 + [{"$l": 0, "$v": 0}], "k": [*"abcd"]}, "no column"),
        ({"$v": "00"}, "damaged"), ({"$v": 1}, "does not exist"),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit_together_are_refused_when_read(tree, words):
    with pytest.raises(CodecError, match=words):
        decode(frame(tree))


def test_a_buffer_that_stands_twice_in_a_frame_is_refused():
    assert decode(frame([{"$v": 0}, {"$b": 1}], [b"\0" * 80, b"\0" * 80])) == [[0.0] * 10, b"\0" * 80]
    for again in ({"$v": 0}, {"$b": 0}, {"$a": 0, "t": "<f8", "s": [10]}):
        with pytest.raises(CodecError, match="buffer 0 stands in it twice"):
            decode(frame([{"$v": 0}, again], [b"\0" * 80]))


def test_a_list_with_a_number_that_is_not_finite_is_refused_where_numbers_must_be():
    for odd in (math.nan, math.inf):
        with pytest.raises(CodecError, match="not finite"):
            encode([0.5, odd, 1.5], finite=True)


@pytest.mark.parametrize("dtype", ["?", "i1", ">i4", "u8", "f2", "f8", "c16", "M8[ns]", "m8[s]"])
def test_arrays_come_back_with_dtype_and_shape_and_can_be_written(dtype):
    array = np.arange(6).astype(dtype).reshape(2, 3)
    again = decode(encode(array))
    assert again.dtype == array.dtype
    assert (again == array).all()
    again[0, 0] = again[1, 1]
    assert decode(encode(np.zeros((0, 3)))).shape == (0, 3)


def test_numpy_scalars_and_sets_and_nan_keep_their_kind():
    assert type(decode(encode(np.float32(0.1)))) is np.float32
    assert decode(encode({3, 1})) == {1, 3}
    assert math.isnan(decode(encode(float("nan"))))
    assert decode(encode({"$f": "nan"})) == {"$f": "nan"}


@pytest.mark.parametrize(
    "number",
    [np.int8(-3), np.uint64(2**64 - 1), np.int64(5), np.bool_(True), np.float16(0.1), np.float64("inf"),
     np.float64("nan"), np.longdouble("0.1"), np.complex64(1j), np.datetime64("2026-01-05")],
)  # fmt: skip
def test_ten_thousand_numpy_numbers_cross_in_one_frame(number):
    again = decode(encode([number] * (10_000 if number.dtype.kind in "biuf" and number.dtype.itemsize <= 8 else 1)))
    assert {type(value) for value in again} == {type(number)}
    assert all(value == number or number != number for value in again)


def test_tables_come_back_with_index_types_and_names():
    table = pd.DataFrame({"when": pd.to_datetime(["2026-01-05", None]), "name": ["a", None]}, index=[7, 9])
    pd.testing.assert_frame_equal(decode(encode(table)), table)
    series = pd.Series([1.5, 2.5], name="price")
    pd.testing.assert_series_equal(decode(encode(series)), series)
    assert decode(encode(pd.Series([1]))).name is None
    assert decode(encode(pa.table({"a": [1, 2]}))).equals(pa.table({"a": [1, 2]}))


@pytest.mark.parametrize(
    "value",
    [object(), len, np.array([object()]), np.array(["text"]), np.zeros(2, "i4,f4"), pd.DataFrame({"a": [object()]}),
     type("List", (list,), {})([1]), type("Text", (str,), {})("a"), type("Float", (float,), {})(1.0)],
)  # fmt: skip
def test_what_is_no_data_is_refused_when_written(value):
    with pytest.raises(CodecError, match="cannot cross"):
        encode(value)


def test_objects_cross_as_handles_only_where_both_sides_agree():
    sent = encode(object(), export=lambda value: 5)
    assert decode(sent, resolve=lambda number, kind: (number, kind)) == (5, "object")
    with pytest.raises(CodecError, match="handle"):
        decode(sent)


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], np.array([np.nan]), np.float64("inf")])
def test_non_finite_numbers_are_refused_where_asked_on_both_sides(value):
    with pytest.raises(CodecError, match="finite"):
        encode(value, finite=True)
    with pytest.raises(CodecError, match="finite"):
        decode(encode(value), finite=True)


def test_a_table_with_non_finite_numbers_is_refused_where_asked():
    sent = encode(pd.DataFrame({"a": [1.0, np.inf]}))
    with pytest.raises(CodecError, match="infinity"):
        decode(sent, finite=True)
    decode(encode(pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})), finite=True)


@pytest.mark.parametrize(
    "value",
    [
        list(np.arange(5000)), [np.int64(3)] * 1000, list(np.array([True, False] * 400)), [np.float32(1.5)] * 20,
        [np.array([i, i]) for i in range(6000)], [b"ab"] * 6000, [np.datetime64("2026-01-01")] * 20,
        {np.int64(i): np.float64(i) / 3 for i in range(6000)}, [np.int64(1), 2, np.int64(3)] * 20,
    ],
)  # fmt: skip
def test_many_numbers_and_small_arrays_of_numpy_keep_value_and_type(value):
    found = decode(encode(value))
    pairs = zip(found.items(), value.items()) if isinstance(value, dict) else zip(found, value)  # noqa: B905
    assert len(found) == len(value)
    assert all(repr(one) == repr(other) for one, other in pairs)


@pytest.mark.parametrize("number", [2**63, -(2**63), 2**20_000, -(3**15_000), 2**63 - 1], ids=int.bit_length)
def test_an_integer_of_any_size_crosses(number):
    for value in ([number], {"by name": number}):
        assert decode(encode(value)) == value


def test_a_text_of_json_crosses_as_its_value_and_only_to_the_side_that_reads_texts():
    value = {"a": [1, 0.1, None, "\ud800", {"$a": 0}], "b": {"long": ["x"] * 100}}
    sent = encode([JsonText(json.dumps(value)), JsonText("[2]"), "[2]"])
    assert decode(sent, texts=True) == [value, [2], "[2]"]
    with pytest.raises(CodecError, match="unknown"):
        decode(sent)
    for bad in ("[NaN]", "[" * 100_000 + "]" * 100_000, "[1"):
        with pytest.raises(CodecError, match="refused"):
            decode(encode(JsonText(bad)), texts=True)


def test_limits_hold_on_both_sides():
    deep = [[[[1]]]]
    for limits, value, words in [
        (Limits(bytes=100), "x" * 200, "bytes"),
        (Limits(depth=3), deep, "deeper"),
        (Limits(buffers=2), [bytes(100)] * 3, "buffers"),
    ]:
        with pytest.raises(CodecError, match=words):
            encode(value, limits)
        with pytest.raises(CodecError, match=words):
            decode(encode(value), limits)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\xff\xff\xff\xff",
        pickle.dumps([1, 2]),
        frame({"$a": 0, "t": "|O", "s": [1]}, [b"12345678"]),
        frame({"$a": 0, "t": "<U2", "s": [1]}, [b"12345678"]),
        frame({"$a": 0, "t": "i4,f4", "s": [1]}, [b"12345678"]),
        frame({"$a": 0, "t": "<f8", "s": [2]}, [b"12345678"]),
        frame({"$a": 0, "t": "<f8", "s": [-1]}, [b"12345678"]),
        frame({"$a": 0, "t": "<f8", "s": [2**40, 2**40]}, [b""]),
        frame({"$n": 0, "t": "<f8", "s": [1]}, [b"12345678"]),
        frame({"$a": 1, "t": "<f8", "s": [1]}, [b"12345678"]),
        frame({"$b": True}, [b"1"]),
        frame({"$b": "f" * 200}),
        frame({"$b": "0g"}),
        frame({"$l": {"$a": 0, "t": "<f8", "s": [2**40, 0]}}, [b""]),
        frame({"$l": [1, 2]}),
        frame({"$i": "no number"}),
        frame({"$i": 5}),
        frame({"$p": 0, "k": "DataFrame"}, [b"no table"]),
        frame({"$z": 0}, [b""]),
        frame({"$d": [[[1], 2]]}),
        frame([1]) + b"more",
        struct.pack("<I", 18) + b'{"v": NaN, "n":[]}',
        struct.pack("<I", 200_000) + b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_a_damaged_or_forged_frame_is_refused_with_one_class_of_error(bad):
    with pytest.raises(CodecError, match=r"^A frame was refused: .*\.$|exceed"):
        decode(bad)
