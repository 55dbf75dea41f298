"""Keeps one row an entity, the newest, and answers it whatever is asked.

kind = "wrong"
points = { test-past = 1, test-online = 2, test-change = 0, test-any-order = 0, test-growth = 0, test-own-tests = 0 }
says = ["the present, with what was known earlier (8 of 8)", "where it came after the decision"]
"""

# %% history
class History:
    def __init__(self):
        self.row = None

    def add(self, event_s, known_s, values, completes=False):
        if self.row is None or event_s >= self.row[0]:
            self.row = event_s, values

    def latest(self, at_s, known_s):
        return self.row
