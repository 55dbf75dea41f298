"""Looks at each row as it takes it in: of a refused batch the rows before the faulty one stay.

kind = "wrong"
points = { test-past = 3, test-own-tests = 0 }
says = ["a row of a batch that was refused (4 of 4)", "a batch is half there"]
"""

# %% view
class View:
    def __init__(self, columns, time_to_live_s):
        self.defaults, self.time_to_live_s, self.histories = dict.fromkeys(columns), time_to_live_s, {}

    def add(self, rows, known_s, completes=False):
        for row in rows:
            if unknown := row.keys() - {"entity", "event_s", *self.defaults}:
                raise ValueError(f"there are no columns {sorted(unknown)}: add them first")
            history = self.histories.setdefault(row["entity"], History())
            history.add(row["event_s"], known_s, dict(row), completes)

    def answer(self, found, at_s):
        if found is None or (self.time_to_live_s is not None and found[0] <= at_s - self.time_to_live_s):
            return dict.fromkeys(self.defaults)
        return {column: found[1].get(column, default) for column, default in self.defaults.items()}
