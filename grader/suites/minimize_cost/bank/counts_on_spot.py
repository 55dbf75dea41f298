"""The strongest known: as much spot as there is until a storm shows, a slope, and a load that fell is expected back.

kind = "alternative"
"""

# %% policy
class Policy:
    RESERVED, MARGIN, SPARE = 0.55, 1.05, 2  # of the usual machines; over what is expected, and machines more
    SPOT = 1.0  # of what is missing

    def __init__(self, offer, week):
        self.offer, self.ready, self.stormy = offer, offer["start_up_min"] // 5, False
        self.usual = [sorted(week[step::288])[3] for step in range(288)]
        around = [sorted(self.usual[(step + i) % 288] for i in range(-12, 13))[12] for step in range(288)]
        self.push = [max(load / calm, 1) if load > 1.2 * calm else 1 for load, calm in zip(self.usual, around)]
        self.calm_at = 0  # from this step on a spot machine that is ordered counts as one that runs

    def commit(self):
        usual = sum(load / push for load, push in zip(self.usual, self.push)) / 288 / self.offer["machine_per_s"]
        return {"reserved": round(self.RESERVED * usual), "cache_gb": 400}

    def expected(self, seen, step):
        """The highest load until what is ordered now is up."""
        calm = [load / self.push[(step - 12 + i) % 288] for i, load in enumerate(seen["load"])]
        rise = 0.0
        if calm[-1] < 0.72 * max(calm[-5:]):  # a client stalls, and will be back
            level = max(calm[-5:])
        else:
            level = max(calm[-1], sum(calm[-2:]) / 2)
            rise = max(calm[-1] - calm[-4], 0) / 3 if min(calm[-4:]) > 0.72 * max(calm[-4:]) else 0.0
        return max((level + rise * (i + 1)) * self.push[(step + i) % 288] for i in range(self.ready + 1))

    def decide(self, seen):
        step, up, gone = seen["minute"] // 5, seen["up"], seen["taken"]
        need = math.ceil(self.MARGIN * self.expected(seen, step) / self.offer["machine_per_s"]) + self.SPARE
        missing = max(need - up["reserved"], 0)
        self.stormy = self.stormy or gone > 0.65 * (gone + up["spot"])
        self.calm_at = step + 6 if gone else self.calm_at
        spot = int(min(self.SPOT * missing, self.offer["spot_most"] * (0.3 if self.stormy else 1)))
        sure = seen["spot_offered"] and step >= self.calm_at
        counted = spot if sure else min(spot, up["spot"] + seen["starting"]["spot"])
        return {"on_demand": missing - counted, "spot": spot}
