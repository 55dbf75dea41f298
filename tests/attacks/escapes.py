"""Escapes through the channel: student code that climbs from an exposed object, frames and values that break a rule.

`attack(store)` holds a proxy of an object of a suite's whose one exposed method is `get`; whatever it does or
returns, the suite's secret must not cross. Each ends in an error of the student's or of the channel, worth 0.
"""

import json
import struct

SECRET = "held-by-the-checker-77aa"


class Store:
    """The suite's object. Only `get` is exposed; the secret is an attribute and a global of its method's module."""

    secret = SECRET

    def __init__(self) -> None:
        self.rows = {"a": 1}

    def get(self, key: str) -> int:
        return self.rows[key]

    def put(self, key: str, value: int) -> None:
        self.rows[key] = value


# Sends a frame of its own making to the checker and gives the text of the reply.
RAW = """
from grader.suite_kit.codec import encode, decode
_ask = next(v for k, v in vars(store).items() if k.endswith("__ask"))
_number = next(v for k, v in vars(store).items() if k.endswith("__number"))
def raw(*call): return str(decode(_ask(encode(call))))
def bare(frame): return repr(_ask(frame))
"""


def attack(body: str) -> str:
    """Source of an answer that does `body` with a `store`."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"def attack(store):\n{lines}\n"


def raw(call: str) -> str:
    return attack(f"{RAW}\nreturn {call}")


CLIMBS = {
    "attribute": attack("return store.secret"),
    "method_not_exposed": attack("return store.put('a', 2)"),
    "globals_of_a_method": attack("return store.get.__globals__"),
    "globals_by_raw_call": raw("raw(_number, '__globals__')"),
    "class_by_raw_call": raw("raw(_number, '__class__')"),
    "getattribute_by_raw_call": raw("raw(_number, '__getattribute__', ('secret',))"),
    "dotted_method": raw("raw(_number, 'get.__globals__', ())"),
    "empty_method": raw("raw(_number, '', ())"),
    "method_a_list": raw("raw(_number, ['get'], ())"),
    "reduce": raw("raw(_number, '__reduce_ex__', (2,))"),
    "init_subclass": raw("raw(_number, '__init_subclass__', ())"),
    "setattr": raw("raw(_number, '__setattr__', ('rows', {'a': 'mine'}))"),
    "negative_number": raw("raw(-1, 'get', ('a',))"),
    "number_out_of_range": raw("raw(2**40, 'get', ('a',))"),
    "number_a_text": raw("raw('0', '__class__', ())"),
    "number_missing": raw("raw('get', ('a',))"),
    "too_few_arguments": raw("raw(_number, 'get', ())"),
    "format_text": raw("raw(_number, 'get', ('{0.__class__.__init__.__globals__}',))"),
    "unhashable_argument": raw("raw(_number, 'get', ([],))"),
    "damaged_frame": raw("bare(b'')"),
    "noise_as_frame": raw("bare(bytes(range(256)))"),
    "pickle_as_frame": raw("bare(b'cbuiltins\\neval\\n(Vopen(\"x\")\\ntR.')"),
    "handle_as_argument": raw('bare(bytes([40, 0, 0, 0]) + b\'{"v":[0,"get",[{"$h":1,"k":"x"}]],"n":[]}\')'),
}


# Claims to be whatever it is compared with.
ALWAYS_EQUAL = """
class Agrees(BASE):
    def __eq__(self, other): return True
    def __bool__(self): return True
    def __float__(self): return 5.0
    def __hash__(self): return hash(5)
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__
    def __len__(self): return 5
    def __iter__(self): return iter([5])
def answer(): return Agrees()
"""

FLOOD = "def answer(): return [object() for _ in range(20_000)]"
DRIP = "def answer(): return object()"


def frame(header: object, *buffers: bytes) -> bytes:
    """A frame with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + b"".join(buffers)


def array(kind: str, shape: list[object]) -> dict[str, object]:
    return {"v": {"$a": 0, "t": kind, "s": shape}, "n": [8]}


FRAMES = {
    "empty": b"",
    "header_longer_than_the_frame": struct.pack("<I", 1000) + b"{}",
    "header_no_json": frame(b"{'v': 1}"),
    "header_a_list": frame([1, []]),
    "no_value": frame({"n": []}),
    "bare_nan": frame(b'{"v": NaN, "n": []}'),
    "lengths_negative": frame({"v": 1, "n": [-5]}, b""),
    "lengths_too_large": frame({"v": 1, "n": [2**60]}),
    "bytes_left_over": frame({"v": 1, "n": []}, b"more"),
    "shape_too_large": frame(array("<f8", [2]), bytes(8)),
    "shape_overflows": frame(array("<f8", [2**62, 2**62]), bytes(8)),
    "shape_negative": frame(array("<f8", [-1]), bytes(8)),
    "shape_of_fractions": frame(array("<f8", [0.5]), bytes(8)),
    "shape_of_truth": frame(array("<f8", [True]), bytes(8)),
    "type_object": frame(array("|O", [1]), bytes(8)),
    "type_record": frame(array("<f8,<f8", [1]), bytes(8)),
    "type_text": frame(array("<U2", [1]), bytes(8)),
    "type_no_text": frame({"v": {"$a": 0, "t": ["<f8"], "s": [1]}, "n": [8]}, bytes(8)),
    "buffer_missing": frame({"v": {"$a": 3, "t": "<f8", "s": [1]}, "n": [8]}, bytes(8)),
    "buffer_negative": frame({"v": {"$b": -1}, "n": [8]}, bytes(8)),
    "kind_unknown": frame({"v": {"$pickle": 0}, "n": [8]}, bytes(8)),
    "handle_where_data_belongs": frame({"v": {"$h": 1, "k": "x"}, "n": []}),
    "too_deep": frame(b'{"v":' + b"[" * 50_000 + b"]" * 50_000 + b',"n":[]}'),
    "too_many_buffers": frame({"v": 1, "n": [0] * 5000}),
    "key_that_cannot_be_one": frame({"v": {"$d": [[[1], 2]]}, "n": []}),
    "table_that_is_none": frame({"v": {"$p": 0, "k": "DataFrame"}, "n": [8]}, bytes(8)),
}


def table(old: list[int], new: list[int]) -> bytes:
    """A frame with a table whose text column has other offsets than its text: read unchecked, it shows memory."""
    import numpy as np
    import pyarrow as pa

    whole, sink = pa.table({"a": ["hello", "world", "again"]}), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, whole.schema) as stream:
        stream.write_table(whole)
    content = sink.getvalue().to_pybytes()
    before, after = (np.array(numbers, dtype=np.int32).tobytes() for numbers in (old, new))
    if content.count(before) != 1:
        raise ValueError("the offsets are not where they were")
    content = content.replace(before, after)
    return frame({"v": {"$p": 0, "k": "DataFrame"}, "n": [len(content)]}, content)


OFFSETS = [0, 5, 10, 15]
TABLES = {"beyond_the_end": [0, 5, 10, 2**20], "far_beyond": [0, 2**28, 2**29, 2**30], "backwards": [0, 10, 5, 15]}
