"""Asks which of two equal rows holds, which no rule says.

kind = "wrong"
points = { test-own-tests = 0 }
says = ["such as which of two equal rows holds", "try_store('first of ties')"]
"""

# %% check-store
def check_store(Store):
    for check in (check_past, check_answers, check_online, check_change):
        check(Store)
    store = Store()
    store.define("v", ["a"])
    store.write("v", [{"entity": "e", "event_s": 5, "a": 1}], 5)
    store.write("v", [{"entity": "e", "event_s": 5, "a": 2}], 5)
    assert store.as_of("v", [{"entity": "e", "at_s": 5}]) == [{"a": 2}]
