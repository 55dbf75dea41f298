"""An autoscaler at 70 % utilisation over what three quarters of the hours need; numbers without start-up and without delay.

kind = "wrong"
first_try = true
points = { test-numbers = 1, test-level = 1, test-cost = 0 }
varies = { test-level = [1, 2] }
cause = "how much load clients that stalled bring back on the early day: in one draw of fourteen little enough"
says = ["break_even_hours is too high in", "machines were stopped within the hour before, and the load came back"]
"""

# %% break-even
def break_even_hours(offer):
    return 24 * offer["reserved_hour"] / offer["on_demand_hour"]

# %% spare
def spare_machines(offer, rise):
    return math.ceil(rise * offer["start_up_min"] / offer["machine_per_s"])

# %% spot-share
def spot_share(offer, level, times):
    return (1 - level) * 24 * 60 / (times * offer["start_up_min"])

# %% reserved
def reserved_machines(offer, load):
    return math.ceil(sum(load) / len(load) / offer["machine_per_s"])

# %% policy
class Policy:
    def __init__(self, offer, week):
        self.offer, self.week = offer, week

    def commit(self):
        return {
            "reserved": math.ceil(sorted(self.week)[len(self.week) // 4] / self.offer["machine_per_s"]),
            "cache_gb": cache_gb(self.offer, sum(self.week) * 300 / 7),
        }

    def decide(self, seen):
        need = seen["load"][-1] / (0.7 * self.offer["machine_per_s"])
        more = max(math.ceil(need) - seen["up"]["reserved"], 0)
        spot = min(more // 2, self.offer["spot_most"]) if seen["spot_offered"] else seen["up"]["spot"]
        return {"on_demand": max(more - spot, 0), "spot": spot}
