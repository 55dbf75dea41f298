"""Stops reading the files at each request and leaves the rest; the limit of part 1 says what that can give.

kind = "wrong"
points = { test-speed = 0 }
says = ["at least 2.5 times faster", "profile what is left"]
"""

# %% fast-service
class FastService:
    def __init__(self):
        self.old = suite.SlowService()
        self.old.read()

    def predict(self, row):
        values = self.old.features(row, self.old.join(row))
        self.old.watch(values)
        return self.old.score(values)
