"""Lets a row count at the end of its time to live, and one second is enough to differ.

kind = "wrong"
points = { test-past = 3, test-online = 2, test-any-order = 1, test-own-tests = 0 }
says = ["exactly at the end of the time to live (4 of 4)", "served as if it were fresh"]
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
        if found is None or (self.time_to_live_s is not None and found[0] < at_s - self.time_to_live_s):
            return dict.fromkeys(self.defaults)
        return {column: found[1].get(column, default) for column, default in self.defaults.items()}
