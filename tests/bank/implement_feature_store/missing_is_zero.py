"""Fills what is missing with 0, so that the model gets a number.

kind = "wrong"
points = { test-past = 1, test-online = 1, test-change = 1, test-any-order = 0, test-own-tests = 0 }
says = ["a value written as None (4 of 4)", "takes a missing amount for a free order"]
"""

# %% view
class View:
    def __init__(self, columns, time_to_live_s):
        self.defaults, self.time_to_live_s, self.histories = dict.fromkeys(columns), time_to_live_s, {}

    def add(self, rows, known_s, completes=False):
        if unknown := {column for row in rows for column in row} - {"entity", "event_s", *self.defaults}:
            raise ValueError(f"there are no columns {sorted(unknown)}: add them first")
        for row in rows:
            history = self.histories.setdefault(row["entity"], History())
            history.add(row["event_s"], known_s, dict(row), completes)

    def answer(self, found, at_s):
        if found is None or (self.time_to_live_s is not None and found[0] <= at_s - self.time_to_live_s):
            return dict.fromkeys(self.defaults, 0)
        values = {column: found[1].get(column, default) for column, default in self.defaults.items()}
        return {column: 0 if value is None else value for column, value in values.items()}
