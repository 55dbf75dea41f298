"""Some of those that run, and some of those that wait, with pieces of any size, as far as slots and memory go.

kind = "random"
"""

# %% policy
import random

rng = random.Random(seed)
joins, goes, largest = rng.random(), rng.uniform(0.5, 1), int(2 ** rng.uniform(4, 12))


class Policy:
    def __init__(self, server):
        self.server = server

    def step(self, seen):
        free = self.server["memory_tokens"] - seen["used_tokens"]
        slots, preempt = self.server["slots"] - len(seen["running"]), []
        if free < len(seen["running"]) and seen["running"]:
            lost = rng.choice(seen["running"])
            preempt.append(lost["id"])
            free += lost["computed"]
        run = {}
        for request in rng.sample(seen["running"], len(seen["running"])):
            tokens = min(request["left"], rng.randint(1, largest), free)
            if tokens and request["id"] not in preempt and rng.random() < goes:
                run[request["id"]] = tokens
                free -= tokens
        for request in rng.sample(seen["waiting"], len(seen["waiting"])):
            tokens = min(request["left"], rng.randint(1, largest), free)
            if tokens and slots > 0 and rng.random() < joins:
                run[request["id"]] = tokens
                free, slots = free - tokens, slots - 1
        return {"run": run, "preempt": preempt}
