"""Escapes through the channel: student code that climbs from an exposed object, frames and values that break a rule.

`attack(store)` holds a proxy of an object of a suite's whose one exposed method is `get`; whatever it does or
returns, the suite's secret must not cross. Each ends in an error of the student's or of the channel, worth 0.
"""

import json

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


def array(kind: object, shape: object, content: object = "AAAAAAAAAAA=") -> bytes:
    """A frame with an array of eight bytes."""
    return json.dumps({"$a": content, "t": kind, "s": shape}).encode()


def table(*parts: object) -> bytes:
    """A frame with a table of these parts."""
    return json.dumps({"$p": parts, "k": "DataFrame"}).encode()


FRAMES = {
    "empty": b"",
    "no_json": b"{'v': 1}",
    "cut_off": b'{"$t": [1, 2',
    "bytes_left_over": b"[1] more",
    "integer_without_end": b"1" * 100_000,
    "shape_too_large": array("<f8", [2]),
    "shape_overflows": array("<f8", [2**62, 2**62]),
    "shape_negative": array("<f8", [-1]),
    "shape_of_fractions": array("<f8", [0.5]),
    "shape_of_truth": array("<f8", [True]),
    "type_object": array("|O", [1]),
    "type_record": array("<f8,<f8", [1]),
    "type_text": array("<U2", [1]),
    "type_no_text": array(["<f8"], [1]),
    "content_no_text": array("<f8", [1], 3),
    "content_of_other_letters": array("<f8", [1], "AAAAAAAA\n??="),
    "kind_unknown": b'{"$pickle": 0}',
    "handle_where_data_belongs": b'{"$h": 1, "k": "x"}',
    "handle_that_is_no_number": b'{"$h": true, "k": "x"}',
    "too_deep": b"[" * 50_000 + b"]" * 50_000,
    "key_that_cannot_be_one": b'{"$d": [[[1], 2]]}',
    "table_that_is_none": b'{"$p": 0, "k": "DataFrame"}',
    "table_of_unequal_columns": table(["a", "b"], [[1], [1, 2]], None),
    "table_that_repeats_a_number": table(["a"], [[7]], [0] * 100_000),
    "table_with_an_index_without_end": table(["a"], [[1]], 2**40),
    "table_with_a_number_as_column": table(["a"], [7], [1, 2, 3]),
}
