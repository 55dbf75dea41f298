"""Has a mistake of its own, so that it fails on every store.

kind = "wrong"
points = { test-own-tests = 0 }
says = ["No bug counts, for your tests reject your own store: NameError", "See it: try_store()"]
"""

# %% check-store
def check_store(Store):
    stor = Store()
    store.define("v", ["a"])
