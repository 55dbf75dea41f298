"""Keeps no books: next is the tenant that holds the fewest tokens now; a fixed margin of memory for every stream.

kind = "alternative"
"""

# %% policy
class Policy:
    MARGIN = 80  # tokens that every stream may still need, on average

    def __init__(self, server):
        self.memory, self.slots, self.first_s = server["memory_tokens"], server["slots"], server["first_s"]
        self.token_s = server["token_s"]
        hidden_below = server["weights_s"] / server["token_s"]
        self.size = int(hidden_below + 0.25 * (server["gap_s"] / server["token_s"] - hidden_below))

    def step(self, seen):
        held, gone = {}, []
        stay = list(seen["running"])
        in_memory = seen["used_tokens"]
        while in_memory > self.memory - self.slots:
            newest = max(stay, key=lambda one: one["arrived_s"])
            stay.remove(newest)
            gone.append(newest["id"])
            in_memory -= newest["computed"]
        for one in stay:
            held[one["tenant"]] = held.get(one["tenant"], 0) + one["computed"] + one["left"]
        steps = {one["id"]: 1 for one in stay if one["left"] == 1}
        open_tokens = min(self.size, self.memory - in_memory) - len(steps)
        for one in sorted(stay, key=lambda one: one["left"]):
            if one["left"] > 1 and open_tokens > 0:
                steps[one["id"]] = min(one["left"], open_tokens)
                open_tokens -= steps[one["id"]]
        committed = in_memory + sum(one["left"] + self.MARGIN for one in stay)
        queue = [one for one in seen["waiting"] if self.in_time(one, seen["now_s"])] or seen["waiting"]
        while queue and open_tokens > 0 and len(stay) < self.slots:
            one = min(queue, key=lambda one: (held.get(one["tenant"], 0), one["arrived_s"]))
            committed += one["left"] + self.MARGIN
            if committed > self.memory and steps:
                break
            queue = [other for other in queue if other is not one]
            stay.append(one)
            held[one["tenant"]] = held.get(one["tenant"], 0) + one["left"]
            steps[one["id"]] = min(one["left"], open_tokens)
            open_tokens -= steps[one["id"]]
        return {"run": steps, "preempt": gone}

    def in_time(self, one, now_s):
        return one["written"] > 0 or one["arrived_s"] + self.first_s > now_s + one["left"] * self.token_s + 0.06
