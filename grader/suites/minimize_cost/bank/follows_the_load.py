"""The highest load of the last 25 minutes and a tenth more, by three kinds of machines; no look at last week's day.

kind = "wrong"
says = ["users are turned away on a day on which nothing happened", "are refunded, at far more than their machines cost"]
points = { test-level = 0, test-cost = 0 }
"""

# %% policy
class Policy:
    def __init__(self, offer, week):
        self.offer, self.week, self.worst = offer, week, 0.0

    def commit(self):
        machines = 0.3 * sum(self.week) / len(self.week) / self.offer["machine_per_s"]
        return {"reserved": int(machines), "cache_gb": cache_gb(self.offer, sum(self.week) * 300 / 7)}

    def decide(self, seen):
        need = 1.1 * max(seen["load"][-5:]) / self.offer["machine_per_s"]
        more = max(need - seen["up"]["reserved"], 0)
        if seen["taken"]:
            self.worst = max(self.worst, seen["taken"] / (seen["taken"] + seen["up"]["spot"]))
        spot = int(min(self.offer["spot_most"], (0.06 if self.worst > 0.62 else 0.5) * need, more))
        counted = spot if seen["spot_offered"] else min(spot, seen["up"]["spot"] + seen["starting"]["spot"])
        return {"on_demand": math.ceil(more - counted), "spot": spot}
