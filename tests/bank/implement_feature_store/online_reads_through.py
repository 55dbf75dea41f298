"""Has no second copy: online asks the past for now.

kind = "wrong"
points = { test-online = 2, test-change = 2, test-any-order = 1, test-own-tests = 0 }
says = ["a row that was written after the publication (4 of 4)", "two different values of one feature"]
"""

# %% online-store
class OnlineStore(PastStore):
    def materialise(self, view, now_s):
        pass

    def online(self, view, entity, now_s):
        return self.as_of(view, [{"entity": entity, "at_s": now_s}])[0]
