"""Is right because it is the slow service.

kind = "wrong"
points = { test-speed = 0 }
says = ["at least 2.5 times faster", "profile what is left"]
"""

# %% fast-service
class FastService:
    def __init__(self):
        self.old = suite.SlowService()

    def predict(self, row):
        return self.old.predict(row)
