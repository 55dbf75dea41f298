"""What the contract needs to know of `implement_feature_store`: operations on its stores, ordinary and refused ones."""

ROW = {"entity": "e", "event_s": 10, "a": 1}
REQUEST = {"entity": "e", "at_s": 10, "known_s": 10}
BEFORE = [
    ("define", ["v", ["a"], 100]), ("write", ["v", [ROW], 10]), ("add_column", ["v", "b", 1]),
    ("materialise", ["v", 10]),
]  # fmt: skip
# Ordinary operations after these. Without a key that may be left out they are ordinary still.
CALLS = {
    "define": ["w", ["a"], None], "write": ["v", [ROW, ROW], 10], "as_of": ["v", [REQUEST, REQUEST]],
    "materialise": ["v", 10], "online": ["v", "e", 10], "add_column": ["v", "c", 1], "backfill": ["v", [ROW, ROW], 10],
}  # fmt: skip
# Operations that the rules of the task refuse, or that are near to such.
REFUSED = [
    *((method, ["nowhere", *arguments[1:]]) for method, arguments in CALLS.items()),
    *((method, ["nowhere", [], 10]) for method in ("write", "backfill")),
    *((method, ["v", [ROW, {**ROW, "z": 1}, {"entity": "e"}], 10]) for method in ("write", "backfill")),
    *(("add_column", ["v", "b", default]) for default in (1.0, True, "1", None, 2)),
    ("as_of", ["nowhere", []]), ("define", ["w", ["a", "a"], None]), ("define", ["w", ["entity"], None]),
]  # fmt: skip
