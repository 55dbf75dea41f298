"""Yields the answers one by one.

kind = "wrong"
points = { test-past = 0, test-change = 0, test-any-order = 0, test-growth = 0, test-own-tests = 0 }
says = ["an object of type generator>, which is no plain data"]
"""

# %% past-store
class PastStore:
    def __init__(self):
        self.views = {}

    def define(self, view, columns, time_to_live_s=None):
        self.views[view] = View(columns, time_to_live_s)

    def write(self, view, rows, known_s):
        self.views[view].add(rows, known_s)

    def as_of(self, view, requests):
        view = self.views[view]
        for request in requests:
            at_s = request["at_s"]
            history = view.histories.get(request["entity"], History())
            yield view.answer(history.latest(at_s, request.get("known_s", at_s)), at_s)
