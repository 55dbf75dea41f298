"""Gives shares that sum to 1, a probability that leans on the distance, and any number of requests.

kind = "random"
"""

# %% profile
import random

rng = random.Random(seed)


def profile(city):
    weights = {stage: rng.expovariate(1) for stage in ("read", "join", "features", "watch", "score")}
    shares = {stage: weight / sum(weights.values()) for stage, weight in weights.items()}
    return {"shares": shares, "limit": rng.uniform(1, 10)}

# %% fast-service
class FastService:
    def __init__(self):
        self.weight, self.centre = rng.gauss(0, 0.1), rng.uniform(0, 1)

    def predict(self, row):
        return min(max(self.centre + self.weight * row["distance_km"], 0.0), 1.0)

# %% shadow-requests
def shadow_requests(largest_share, confidence):
    return rng.randrange(1, 5000)
