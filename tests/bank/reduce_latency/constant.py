"""Answers the mean share of late orders, very fast.

kind = "wrong"
points = { test-same-answers = 1, test-speed = 0, test-guards = 0 }
says = ["120 of 120 answers differ", "The guards count only for a service whose answers are right"]
"""

# %% fast-service
class FastService:
    def __init__(self):
        self.share = 0.288

    def predict(self, row):
        return self.share
