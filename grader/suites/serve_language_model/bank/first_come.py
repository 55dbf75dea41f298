"""Continuous batching as one writes it first: in the order of arrival, whole prompts, whatever fits into memory now.

kind = "wrong"
first_try = true
points = { test-streams = 2, test-tenants = 0, test-goodput = 0 }
says = ["steps took longer than the promised gap", "answers that stream stop in the middle of a sentence"]
"""

# %% policy
class Policy:
    def __init__(self, server):
        self.server = server

    def step(self, seen):
        run, used = {}, seen["used_tokens"]
        running = list(seen["running"])
        preempt = []
        while used + len(running) > self.server["memory_tokens"]:
            last = running.pop()
            used -= last["computed"]
            preempt.append(last["id"])
        for request in running:
            run[request["id"]] = request["left"]
            used += request["left"]
        for request in seen["waiting"]:
            if used + request["left"] > self.server["memory_tokens"] or len(run) == self.server["slots"]:
                break
            run[request["id"]] = request["left"]
            used += request["left"]
        return {"run": run, "preempt": preempt}
