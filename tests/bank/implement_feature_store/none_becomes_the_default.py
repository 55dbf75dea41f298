"""Takes a written None for a value that is not mentioned.

kind = "wrong"
points = { test-change = 2, test-any-order = 1, test-own-tests = 0 }
says = ["a written None in a column with a default (4 of 4)"]
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
            return dict.fromkeys(self.defaults)
        values = {column: value for column, value in found[1].items() if value is not None}
        return {column: values.get(column, default) for column, default in self.defaults.items()}
