"""A frame carries data and nothing else, within limits."""

import base64
import contextlib
import json
import math
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.suite_kit.codec import CodecError, JsonText, decode, encode

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
    ),
    max_leaves=20,
)


def frame(tree):
    return json.dumps(tree).encode()


def array(kind, shape, content=b"12345678"):
    return {"$a": base64.b64encode(content).decode(), "t": kind, "s": shape}


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


@pytest.mark.parametrize("dtype", ["?", "i1", ">i4", "u8", "f2", "f8", "c16", "M8[ns]", "m8[s]"])
def test_arrays_come_back_with_dtype_and_shape_and_can_be_written(dtype):
    array = np.arange(6).astype(dtype).reshape(2, 3)
    again = decode(encode(array))
    assert again.dtype == array.dtype
    assert (again == array).all()
    again[0, 0] = again[1, 1]
    assert decode(encode(np.zeros((0, 3)))).shape == (0, 3)


@pytest.mark.parametrize(
    "number",
    [np.int8(-3), np.uint64(2**64 - 1), np.bool_(True), np.float16(0.1), np.float64("inf"), np.longdouble("0.5"),
     np.array(7), np.str_("a")],
)  # fmt: skip
def test_a_number_of_numpy_crosses_as_the_plain_one_that_it_is(number):
    for again in (decode(encode(number)), decode(encode([number] * 20))[19], decode(encode({"a": number}))["a"]):
        assert type(again) in (int, float, bool, str)
        assert again == number


def test_sets_and_nan_keep_their_kind():
    assert decode(encode({3, 1})) == {1, 3}
    assert math.isnan(decode(encode(float("nan"))))
    assert decode(encode({"$f": "nan"})) == {"$f": "nan"}


def test_tables_come_back_with_index_types_and_names():
    table = pd.DataFrame({"when": pd.to_datetime(["2026-01-05", None]), "name": ["a", None]}, index=[7, 9])
    pd.testing.assert_frame_equal(decode(encode(table)), table)
    series = pd.Series([1.5, 2.5], name="price")
    pd.testing.assert_series_equal(decode(encode(series)), series)
    assert decode(encode(pd.Series([1]))).name is None
    twice = pd.DataFrame([[1, 2.5], [3, 4.5]], columns=["a", "a"])
    pd.testing.assert_frame_equal(decode(encode(twice)), twice)
    for same in (twice, series):
        assert type(decode(encode(same)).index) is pd.RangeIndex


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


@pytest.mark.parametrize("value", [[np.array([i, i]) for i in range(6000)], list(np.arange(5000) / 7)])
def test_many_numbers_and_small_arrays_of_numpy_cross_in_one_frame(value):
    assert np.array_equal(decode(encode(value)), value)


def test_an_integer_crosses_unless_python_would_not_read_it():
    for value in ([2**63], {"by name": -(3**5_000)}):
        assert decode(encode(value)) == value
    with pytest.raises(CodecError, match="4300 digits"):
        encode([2**20_000])


def test_a_text_of_json_crosses_as_its_value_and_only_to_the_side_that_reads_texts():
    value = {"a": [1, 0.1, None, "\ud800", {"$a": 0}], "b": {"long": ["x"] * 100}}
    sent = encode([JsonText(json.dumps(value)), JsonText("[2]"), "[2]"])
    assert decode(sent, texts=True) == [value, [2], "[2]"]
    with pytest.raises(CodecError, match="unknown"):
        decode(sent)
    for bad in ("[" * 100_000 + "]" * 100_000, "[1"):
        with pytest.raises(CodecError, match="refused"):
            decode(encode(JsonText(bad)), texts=True)


@pytest.mark.parametrize(
    ("limit", "most", "value", "words"), [("MOST_BYTES", 100, "x" * 200, "bytes"), ("DEEPEST", 3, [[[[1]]]], "deeper")]
)
def test_limits_hold_on_both_sides(limit, most, value, words, monkeypatch):
    frame = encode(value)
    monkeypatch.setattr(f"grader.suite_kit.codec.{limit}", most)
    with pytest.raises(CodecError, match=words):
        encode(value)
    with pytest.raises(CodecError, match=words):
        decode(frame)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\xff\xff\xff\xff",
        pickle.dumps([1, 2]),
        b'{"$t": [1]',
        frame(array("|O", [1])),
        frame(array("<U2", [1])),
        frame(array("i4,f4", [1])),
        frame(array(["<f8"], [1])),
        frame(array("<f8", [2])),
        frame(array("<f8", [-1])),
        frame(array("<f8", [0.5])),
        frame(array("<f8", 1)),
        frame(array("<f8", [2**40, 2**40], b"")),
        frame({"$a": 0, "t": "<f8", "s": [1]}),
        frame({"$a": "0!!=", "t": "<f8", "s": [0]}),
        frame({"$v": "AAAA"}),
        frame({"$t": 5}),
        frame({"$s": [[1]]}),
        frame({"$d": [[[1], 2]]}),
        frame({"$d": [[1, 2, 3]]}),
        frame({"$s": [key * (2**61 - 1) for key in range(99)]}),
        frame({"$d": [[{"$t": [key * (2**61 - 1)]}, 0] for key in range(99)]}),
        frame({"$pickle": 0}),
        frame({"$p": [["a"], [array("<f8", [1])]], "k": "DataFrame"}),
        frame({"$p": [["a"], [5], None], "k": "DataFrame"}),
        frame({"$p": [["a"], [array("<f8", [1])], 2**40], "k": "DataFrame"}),
        frame({"$p": [["a", "b"], [[1, 2], array("<f8", [1])], None], "k": "DataFrame"}),
        frame({"$p": [["a", "b"], [[1]], None], "k": "DataFrame"}),
        frame({"$p": [["a"], [[1]], [1, 2]], "k": "Series"}),
        frame({"$p": [[], [], None], "k": "Series"}),
        frame([1]) + b"more",
        b"1" * 5000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_a_damaged_or_forged_frame_is_refused_with_one_class_of_error(bad):
    with pytest.raises(CodecError, match=r"^A frame was refused: .*\.$|exceed"):
        decode(bad)


KINDS = [
    {"a": [1, 2.5, None, "b"], "$c": (1, {2}), 5: [0.5] * 20},
    [np.arange(4), np.zeros((2, 3), "<i2")],
    pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}, index=[5, 6]),
]


@given(
    st.sampled_from([encode(value) for value in KINDS]), st.integers(0, 400), st.integers(0, 4), st.binary(max_size=4)
)
def test_a_frame_with_other_bytes_is_read_or_refused_with_one_class_of_error(sent, place, cut, put):
    with contextlib.suppress(CodecError):
        decode(sent[:place] + put + sent[place + cut :])


LITTLE_MEMORY = """
import resource
from grader.suite_kit.codec import CodecError, decode
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
try:
    decode(b"[" + b"[]," * 20_000_000 + b"0]")
except CodecError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited otherwise there")
def test_a_frame_that_takes_all_memory_when_it_is_read_is_refused():
    ran = subprocess.run([sys.executable, "-c", LITTLE_MEMORY], capture_output=True, text=True, timeout=120)
    assert "it is damaged (MemoryError)" in ran.stdout, ran.stderr[-500:]
