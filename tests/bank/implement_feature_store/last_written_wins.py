"""Keeps rows in the order in which they arrive and answers the last that fits.

kind = "wrong"
points = { test-past = 4, test-online = 2, test-change = 1, test-any-order = 0, test-growth = 1, test-own-tests = 0 }
says = ["rows that arrived in another order than they happened", "the same rows give another training set"]
"""

# %% history
class History:
    def __init__(self):
        self.rows = []

    def add(self, event_s, known_s, values, completes=False):
        before = next((row for row in reversed(self.rows) if row[0] == event_s), None)
        self.rows.append((event_s, known_s, {**before[2], **values} if completes and before else values))

    def latest(self, at_s, known_s):
        for event_s, known, values in reversed(self.rows):
            if event_s <= at_s and known <= known_s:
                return event_s, values
        return None
