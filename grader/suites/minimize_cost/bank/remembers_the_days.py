"""Keeps in its class what the test of the level showed, and lives the same days again knowing all.

kind = "wrong"
says = ["hardly any spot machine was used"]
points = { test-cost = 0 }
"""

# %% policy
class Policy:
    DAYS = {}  # by their first loads: the loads of all steps

    def __init__(self, offer, week):
        self.offer, self.week, self.loads = offer, week, []

    def commit(self):
        wanted = sorted(self.week)[int(0.3 * len(self.week))] / self.offer["machine_per_s"]
        return {"reserved": round(wanted), "cache_gb": cache_gb(self.offer, sum(self.week) * 300 / 7)}

    def decide(self, seen):
        self.loads.append(seen["load"][-1])
        step, day = seen["minute"] // 5, tuple(self.loads[1:4])
        if step == 287:
            self.DAYS[day] = self.loads[1:]
        known = self.DAYS.get(day, [])
        ahead = known[step : step + 4] if step < len(known) else [1.4 * max(seen["load"])]
        return {"on_demand": max(math.ceil(max(ahead) / self.offer["machine_per_s"]) - seen["up"]["reserved"], 0), "spot": 0}
