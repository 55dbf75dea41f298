"""Asks far away from every boundary.

kind = "wrong"
points = { test-own-tests = 1 }
says = ["forgets late", "misses the moment", "ask at the boundary and on both sides of it"]
"""

# %% check-store
def check_store(Store):
    store = Store()
    store.define("v", ["a", "b"], 10_000)
    for event_s, a in [(1_000, 1), (2_000, 2), (3_000, None)]:
        store.write("v", [{"entity": "e", "event_s": event_s, "a": a, "b": 5}], event_s)
    store.write("v", [{"entity": "e", "event_s": 2_000, "a": 4, "b": 6}], 5_000)
    asked = [{"entity": "e", "at_s": at_s, "known_s": known_s} for at_s, known_s in [(3_500, 9_000), (2_500, 4_000), (2_500, 9_000)]]
    assert [one["a"] for one in store.as_of("v", asked)] == [None, 2, 4]
    assert store.as_of("v", [{"entity": "e", "at_s": 50_000}]) == [{"a": None, "b": None}]
    store.materialise("v", 2_500)
    assert store.online("v", "e", 3_500) == {"a": 2, "b": 5}
    store.materialise("v", 1_500)
    assert store.online("v", "e", 3_500) == {"a": 2, "b": 5}
    assert store.online("v", "e", 90_000) == {"a": None, "b": None}
