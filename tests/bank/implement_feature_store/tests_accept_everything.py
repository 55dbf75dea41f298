"""Makes a store and looks at nothing.

kind = "wrong"
points = { test-own-tests = 0 }
says = ["Your tests accept stores with these bugs", "sees ahead"]
"""

# %% check-store
def check_store(Store):
    store = Store()
    store.define("v", ["a"])
    store.write("v", [{"entity": "e", "event_s": 1, "a": 1}], 1)
    store.as_of("v", [{"entity": "e", "at_s": 1}])
