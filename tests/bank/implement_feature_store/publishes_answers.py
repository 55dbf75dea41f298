"""Publishes finished answers: their age is never looked at again, and a new column is not in them.

kind = "wrong"
points = { test-online = 2, test-change = 2, test-any-order = 1, test-own-tests = 0 }
says = ["exactly at the end of the time to live (4 of 4)", "the last values are served for ever"]
"""

# %% online-store
class OnlineStore(PastStore):
    def __init__(self):
        super().__init__()
        self.last_s, self.live = {}, {}

    def materialise(self, view, now_s):
        if now_s >= self.last_s.get(view, now_s):
            self.last_s[view] = now_s
            for entity in self.views[view].histories:
                self.live[view, entity] = self.as_of(view, [{"entity": entity, "at_s": now_s}])[0]

    def online(self, view, entity, now_s):
        return self.live.get((view, entity), dict.fromkeys(self.views[view].defaults))
