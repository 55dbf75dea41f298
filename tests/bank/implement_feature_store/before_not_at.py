"""Takes `before` for `at or before`: bisect_left for bisect_right.

kind = "wrong"
points = { test-past = 1, test-online = 2, test-change = 1, test-any-order = 0, test-growth = 0, test-own-tests = 0 }
says = ["at the very moment of an event (8 of 8)", "so their time does not count"]
"""

# %% history
class History:
    def __init__(self):
        self.events, self.versions = [], {}

    def add(self, event_s, known_s, values, completes=False):
        if event_s not in self.versions:
            bisect.insort(self.events, event_s)
            self.versions[event_s] = []
        bisect.insort(self.versions[event_s], (known_s, completes, values), key=lambda version: version[:2])

    def latest(self, at_s, known_s):
        for event_s in reversed(self.events[: bisect.bisect_left(self.events, at_s)]):
            values = None
            for known, completes, more in self.versions[event_s]:
                if known <= known_s:
                    values = {**(values or {}), **more} if completes else more
            if values is not None:
                return event_s, values
        return None
