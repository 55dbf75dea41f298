"""Takes the keys out of the rows that it was given.

kind = "wrong"
points = { test-past = 3 }
says = ["arguments that were changed (12 of 12)", "changed what it was given"]
"""

# %% view
class View:
    def __init__(self, columns, time_to_live_s):
        self.defaults, self.time_to_live_s, self.histories = dict.fromkeys(columns), time_to_live_s, {}

    def add(self, rows, known_s, completes=False):
        if unknown := {column for row in rows for column in row} - {"entity", "event_s", *self.defaults}:
            raise ValueError(f"there are no columns {sorted(unknown)}: add them first")
        for row in rows:
            entity, event_s = row.pop("entity"), row.pop("event_s")
            self.histories.setdefault(entity, History()).add(event_s, known_s, dict(row), completes)

    def answer(self, found, at_s):
        if found is None or (self.time_to_live_s is not None and found[0] <= at_s - self.time_to_live_s):
            return dict.fromkeys(self.defaults)
        return {column: found[1].get(column, default) for column, default in self.defaults.items()}
