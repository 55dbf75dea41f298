"""Has everything but the backfill.

kind = "wrong"
points = { test-change = 1, test-any-order = 0, test-own-tests = 0 }
says = ["A part of your answer is still to be written: NotImplementedError"]
"""

# %% feature-store
class FeatureStore(OnlineStore):
    def add_column(self, view, column, default=None):
        defaults = self.views[view].defaults
        if column in defaults and defaults[column] != default:
            raise ValueError("another default")
        defaults[column] = default

    def backfill(self, view, rows, known_s):
        raise NotImplementedError()
