"""Small functions over dicts: use that fades by half in two seconds, a lane for each tenant, memory in two marks.

kind = "alternative"
"""

# %% prompts
def prompt_tokens(server, running):
    streams = sum(request["left"] == 1 for request in running)
    return max(400 - streams, 40)

# %% policy
class Policy:
    HALF_LIFE_S = 2.0

    def __init__(self, server):
        self.server, self.use, self.before_s = server, {}, 0.0
        self.ended = {"requests": 10, "tokens": 900}

    def fade(self, now_s):
        factor = 0.5 ** ((now_s - self.before_s) / self.HALF_LIFE_S)
        self.use = {tenant: tokens * factor for tenant, tokens in self.use.items()}
        self.before_s = now_s

    def take(self, request, plan, room):
        plan[request["id"]] = min(request["left"], room)
        self.use[request["tenant"]] = self.use.get(request["tenant"], 0) + plan[request["id"]]
        return room - plan[request["id"]]

    def ahead(self, requests):
        """Memory that these requests hold when they are half through what is to come; what runs counts, too."""
        usual = (self.ended["tokens"] + sum(one["written"] for one in requests)) / self.ended["requests"]
        return sum(one["prompt"] + one["written"] + max(usual - one["written"], 25) / 2 for one in requests)

    def hopeless(self, request, now_s):
        prompt_s = self.server["weights_s"] * (1 + request["left"] // 400)
        return request["written"] == 0 and now_s + prompt_s - request["arrived_s"] > self.server["first_s"]

    def lanes(self, seen):
        lanes = {}
        for request in sorted(seen["waiting"], key=lambda one: self.hopeless(one, seen["now_s"])):
            lanes.setdefault(request["tenant"], []).append(request)
        return lanes

    def step(self, seen):
        memory, running = self.server["memory_tokens"], list(seen["running"])
        self.fade(seen["now_s"])
        for request in seen["complete"]:
            self.ended["requests"] += 1
            self.ended["tokens"] += request["written"]
        used, back = seen["used_tokens"], []
        while used > memory - len(running):
            back.append(running.pop())
            used -= back[-1]["computed"]
        plan, room = {}, prompt_tokens(self.server, running)
        for request in running:
            if request["left"] == 1:
                self.take(request, plan, 1)
        room = min(room, memory - used - len(plan))
        for request in running:
            if request["left"] > 1 and room > 0:
                room = self.take(request, plan, room)
        lanes = self.lanes(seen)
        while room > 0 and any(lanes.values()) and len(running) < self.server["slots"]:
            tenant = min((name for name in lanes if lanes[name]), key=lambda name: self.rank(lanes[name][0], seen["now_s"]))
            request = lanes[tenant].pop(0)
            if plan and self.ahead([*running, request]) > memory:
                break
            running.append(request)
            room = self.take(request, plan, room)
        return {"run": plan, "preempt": [request["id"] for request in back]}

    def rank(self, request, now_s):
        return self.hopeless(request, now_s), self.use.get(request["tenant"], 0), request["id"]
