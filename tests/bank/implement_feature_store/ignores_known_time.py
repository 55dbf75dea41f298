"""Looks at the time of the event alone, as a table without a second clock must.

kind = "wrong"
points = { test-past = 3, test-online = 2, test-change = 2, test-any-order = 0, test-own-tests = 0 }
says = ["one second before a late row was known (4 of 4)", "No bug counts, for your tests reject your own store"]
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
        place = bisect.bisect_right(self.events, at_s) - 1
        if place < 0:
            return None
        values = {}
        for _, completes, more in self.versions[self.events[place]]:
            values = {**values, **more} if completes else more
        return self.events[place], values
