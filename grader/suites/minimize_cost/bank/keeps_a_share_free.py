"""No slope: what repeats daily is divided out, a utilisation that rises with what may be lost, a clock for scaling down.

kind = "alternative"
"""

# %% policy
class Policy:
    RELEASE = 0.98  # of the machines stay from step to step, whatever the load does

    def __init__(self, offer, week):
        self.offer, self.week = offer, week
        middle = [sorted(week[step::288])[3] for step in range(288)]
        around = [sorted(middle[(step + i) % 288] for i in range(-12, 13))[12] for step in range(288)]
        self.push = [load / calm if load > 1.2 * calm else 1 for load, calm in zip(middle, around)]
        self.target, self.storm = 0.0, False

    def commit(self):
        wanted = sorted(self.week)[int(0.45 * len(self.week))] / self.offer["machine_per_s"]
        sizes, day_gb = self.offer["cache_hits"], sum(self.week) / 7 * 300 * self.offer["answer_mb"] / 1000
        cost = [size * self.offer["cache_gb_day"] - day_gb * hits * self.offer["egress_gb"] for size, hits in sizes]
        return {"reserved": round(wanted), "cache_gb": sizes[cost.index(min(cost))][0]}

    def decide(self, seen):
        step, rate = seen["minute"] // 5, self.offer["machine_per_s"]
        load = [rate / self.push[(step - 12 + i) % 288] for i, rate in enumerate(seen["load"])]
        steps = self.offer["start_up_min"] / 5 + 2.5
        rise = max(sum(load[-2:]) / 2 - max(load[:-2]), 0) / 1.5
        self.target = max((sum(load[-2:]) / 2 + rise * steps) * 1.03 / rate, self.RELEASE * self.target)
        need = self.target * max(self.push[(step + i) % 288] for i in range(4))
        gone, there = seen["taken"], seen["up"]["spot"]
        self.storm = self.storm or gone > max(4, 1.5 * there)
        missing = max(need - seen["up"]["reserved"], 0)
        spot = 0 if self.storm else math.ceil(min(missing, 0.36 * need, self.offer["spot_most"]))
        counted = spot if seen["spot_offered"] else min(spot, there + seen["starting"]["spot"])
        return {"on_demand": math.ceil(max(missing - counted / 1.1, 0)), "spot": spot}
