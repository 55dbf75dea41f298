"""Scores that lean on the number of pages, any valid policy, any figures.

kind = "random"
"""

# %% standardised
import math
import random

rng = random.Random(seed)

# %% fast-scorer
class FastScorer:
    def __init__(self):
        self.weight, self.centre = rng.gauss(0, 0.05), rng.uniform(0, 1)

    def predict_many(self, rows):
        pages = [len(row.split()) if isinstance(row, str) else 0 for row in rows]
        return [min(max(self.centre + self.weight * count, 0.0), 1.0) if count else None for count in pages]

# %% policy
def between(low, high):
    return math.exp(rng.uniform(math.log(low), math.log(high)))


largest, wait_ms = round(between(1, 1024)), between(1, 2000)
drawn = {
    "largest_batch": largest, "longest_wait_ms": wait_ms,
    "queue_limit": rng.choice([None, round(largest * between(1, 20))]),
    "deadline_ms": rng.choice([None, wait_ms * between(1.01, 20)]),
}


def policy():
    return drawn

# %% predictions
def predictions(policy, machine, rate):
    return {"largest_rate": between(50, 1000), "in_system": between(1, 100), "rows_in_a_batch": between(1, 100)}
