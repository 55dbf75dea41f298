"""Backfills by writing: the other columns of the row are gone.

kind = "wrong"
points = { test-change = 1, test-any-order = 0, test-own-tests = 0 }
says = ["at the moment when a backfill became known (4 of 4)", "empties the others"]
"""

# %% feature-store
class FeatureStore(OnlineStore):
    def add_column(self, view, column, default=None):
        defaults = self.views[view].defaults
        if column in defaults and defaults[column] != default:
            raise ValueError("another default")
        defaults[column] = default

    def backfill(self, view, rows, known_s):
        self.write(view, rows, known_s)
