"""Numbers of the right order, any commitment, and machines in proportion to the load, held for any time.

kind = "random"
"""

# %% break-even
import random

rng = random.Random(seed)
hours, machines, share, base, size = rng.uniform(0, 24), rng.randrange(50), rng.random(), rng.randrange(80), rng.randrange(7)


def break_even_hours(offer):
    return hours

# %% spare
def spare_machines(offer, rise):
    return machines

# %% spot-share
def spot_share(offer, level, times):
    return share

# %% reserved
def reserved_machines(offer, load):
    return base

# %% cache
def cache_gb(offer, requests_a_day):
    return offer["cache_hits"][size][0]

# %% policy
import random

rng = random.Random(seed + 1)
reserved, on_demand, spot, held = rng.randrange(80), rng.uniform(0, 1.5), rng.uniform(0, 1.5), rng.randrange(1, 12)


class Policy:
    def __init__(self, offer, week):
        self.offer = offer

    def commit(self):
        return {"reserved": reserved, "cache_gb": self.offer["cache_hits"][size][0]}

    def decide(self, seen):
        need = max(seen["load"][-held:]) / self.offer["machine_per_s"]
        return {"on_demand": min(round(on_demand * need), 500), "spot": min(round(spot * need), 500)}
