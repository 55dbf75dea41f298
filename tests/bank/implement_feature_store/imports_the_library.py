"""Takes the course's own store.

kind = "wrong"
points = { test-past = 0, test-online = 0, test-change = 0, test-any-order = 0, test-growth = 0, test-own-tests = 0 }
says = ["this exercise asks you to write it: mlsd_lib.data may not be imported here"]
"""

# %% past-store
class PastStore:
    def __init__(self):
        from mlsd_lib.data import FeatureStore as Store

        self.store = Store(":memory:")

    def define(self, view, columns, time_to_live_s=None):
        pass

    def write(self, view, rows, known_s):
        self.store.write(view, rows, known_s)

    def as_of(self, view, requests):
        return self.store.as_of(view, requests)
