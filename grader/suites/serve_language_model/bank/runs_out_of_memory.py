"""First come, first served by what fits now; that streams grow is forgotten, and nobody is preempted.

kind = "wrong"
points = { test-streams = 0, test-tenants = 0, test-goodput = 0 }
says = ["In the scenario essays: step would hold", "memory_tokens is", "preempt before memory ends"]
"""

# %% policy
class Policy:
    def __init__(self, server):
        self.slots, self.memory = server["slots"], server["memory_tokens"]

    def step(self, seen):
        run = {request["id"]: request["left"] for request in seen["running"]}
        free = self.memory - seen["used_tokens"] - sum(run.values())
        for request in seen["waiting"]:
            if request["left"] > free or len(run) == self.slots:
                break
            run[request["id"]] = request["left"]
            free -= request["left"]
        return {"run": run, "preempt": []}
