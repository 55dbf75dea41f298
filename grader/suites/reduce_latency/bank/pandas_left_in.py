"""Loads once, drops the marks that nobody reads, walks the trees in plain Python, and leaves pandas where it was.

kind = "wrong"
first_try = true
points = { test-speed = 0, test-shadow = 0 }
says = ["at least 7.5 times faster", "profile what is left", "you asked for too few requests in"]
timed = true
"""

# %% fast-service
class FastService:
    def __init__(self):
        self.old = suite.SlowService()
        self.old.read()
        self.names = self.old.model["features"]
        self.trees = [tree.to_dict("list") for _, tree in self.old.trees.groupby("tree")]

    def predict(self, row):
        values = dict(zip(self.names, self.old.features(row, self.old.join(row)).tolist()))
        total = self.old.model["base"]
        for tree in self.trees:
            node = 0
            while tree["yes"][node]:
                node = tree["yes"][node] if values[tree["feature"][node]] <= tree["at_most"][node] else tree["no"][node]
            total += tree["add"][node]
        return 1 / (1 + math.exp(-total))

# %% shadow-requests
def shadow_requests(largest_share, confidence):
    return math.ceil(3 / largest_share)
