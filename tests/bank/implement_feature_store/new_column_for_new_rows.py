"""Writes the default into rows that come after the column, and forgets those that are there.

kind = "wrong"
points = { test-change = 2, test-any-order = 1, test-own-tests = 0 }
says = ["a row from before the column, the default (4 of 4)", "meets a row that has no such key"]
"""

# %% feature-store
class FeatureStore(OnlineStore):
    def __init__(self):
        super().__init__()
        self.added = {}

    def add_column(self, view, column, default=None):
        if self.added.setdefault((view, column), default) != default:
            raise ValueError("another default")
        self.views[view].defaults[column] = None

    def write(self, view, rows, known_s):
        added = {column: default for (name, column), default in self.added.items() if name == view}
        super().write(view, [{**added, **row} for row in rows], known_s)

    def backfill(self, view, rows, known_s):
        self.views[view].add(rows, known_s, completes=True)
