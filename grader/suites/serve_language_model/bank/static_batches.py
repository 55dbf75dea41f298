"""Static batching: a group is taken when the last of the group before is complete.

kind = "wrong"
first_try = true
points = { test-streams = 2, test-tenants = 0, test-goodput = 0 }
says = ["prompts waited while steps computed few tokens"]
"""

# %% policy
class Policy:
    def __init__(self, server):
        self.server = server

    def step(self, seen):
        group = seen["running"]
        if not group:
            held = 0
            for request in seen["waiting"][: self.server["slots"]]:
                held += request["prompt"] + request["limit"]
                if held <= self.server["memory_tokens"]:
                    group = [*group, request]
        return {"run": {request["id"]: request["left"] for request in group}, "preempt": []}
