"""Answers in the order of time, as a join on sorted tables gives them.

kind = "wrong"
points = { test-past = 3, test-growth = 0, test-own-tests = 0 }
says = ["several requests, not in the order of their times (4 of 4)"]
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
        for request in sorted(requests, key=lambda one: one["at_s"]):
            at_s = request["at_s"]
            history = view.histories.get(request["entity"], History())
            answers.append(view.answer(history.latest(at_s, request.get("known_s", at_s)), at_s))
        return answers
