"""Publishes whatever moment it is told, the earlier one as well.

kind = "wrong"
points = { test-online = 2, test-any-order = 1, test-own-tests = 0 }
says = ["after an earlier moment was published (8 of 8)", "a retry of last night's job takes today's values away"]
"""

# %% online-store
class OnlineStore(PastStore):
    def __init__(self):
        super().__init__()
        self.live = {}

    def materialise(self, view, now_s):
        self.live[view] = {entity: one.latest(now_s, now_s) for entity, one in self.views[view].histories.items()}

    def online(self, view, entity, now_s):
        return self.views[view].answer(self.live.get(view, {}).get(entity), now_s)
