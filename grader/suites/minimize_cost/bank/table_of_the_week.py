"""Arrays: the week as a matrix, a window of the hour that follows, spot as a budget of losses.

kind = "alternative"
"""

# %% break-even
def break_even_hours(offer):
    minutes = 24 * 60 * offer["reserved_hour"] / offer["on_demand_hour"]
    return (minutes - offer["start_up_min"]) / 60

# %% reserved
def reserved_machines(offer, load):
    def bill(machines):
        return sum(
            offer["reserved_hour"] * machines + offer["on_demand_hour"] * max(math.ceil(x / offer["machine_per_s"]) - machines, 0)
            for x in load
        )

    return min(range(200), key=bill)

# %% policy
import numpy as np


class Policy:
    def __init__(self, offer, week):
        self.offer = offer
        self.table = np.array(week, dtype=float).reshape(7, 288)
        kernel = np.ones(3) / 3
        middle = np.median(self.table, axis=0)
        self.shape = np.convolve(np.concatenate([middle[-1:], middle, middle[:1]]), kernel, mode="valid")
        self.kept, self.lost = np.zeros(2), 0.0

    def commit(self):
        need = self.table.ravel() / self.offer["machine_per_s"]
        return {
            "reserved": int(np.quantile(need, 1 - self.offer["reserved_hour"] / self.offer["on_demand_hour"])) - 2,
            "cache_gb": cache_gb(self.offer, float(self.table.sum()) * 300 / 7),
        }

    def decide(self, seen):
        step, recent = seen["minute"] // 5, np.array(seen["load"], dtype=float)
        near = np.arange(step, step + 4) % 288
        scale = np.quantile(recent / self.shape[np.arange(step - 12, step) % 288], 0.7)
        trend = max(recent[-2:].mean() - recent[:-2].max(), 0) / 1.5
        ahead = max(scale * self.shape[near].max(), recent[-2:].mean() + 4.5 * trend)
        self.kept = np.append(self.kept[1:], ahead / self.offer["machine_per_s"])
        need = self.kept.max()
        above = max(need - seen["up"]["reserved"], 0.0)
        ran = seen["taken"] + seen["up"]["spot"]
        self.lost = max(self.lost, seen["taken"] / ran if ran > 8 else 0.0)
        carry = 0.0 if self.lost > 0.6 else min(above, 0.38 * need, self.offer["spot_most"] / 1.15)
        spot = int(min(np.ceil(1.15 * carry), self.offer["spot_most"]))
        if not seen["spot_offered"]:
            carry = min(carry, seen["up"]["spot"] + seen["starting"]["spot"])
        return {"on_demand": int(np.ceil(above - carry)), "spot": spot}
