"""Looks an entity up as if it were there.

kind = "wrong"
points = { test-past = 2, test-change = 2, test-any-order = 1, test-own-tests = 0 }
says = ["an entity that was never written (4 of 4)", "KeyError"]
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
        view, answers = self.views[view], []
        for request in requests:
            at_s = request["at_s"]
            history = view.histories[request["entity"]]
            answers.append(view.answer(history.latest(at_s, request.get("known_s", at_s)), at_s))
        return answers
