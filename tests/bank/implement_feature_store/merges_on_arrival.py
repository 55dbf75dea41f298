"""Completes a row when the backfill arrives: what comes before it in time, and later by the clock, is not completed.

kind = "wrong"
points = { test-change = 2, test-any-order = 0, test-own-tests = 6 }
says = ["a backfill that arrived before the row that it completes (4 of 4)", "are broken together, after months"]
"""

# %% history
class History:
    def __init__(self):
        self.events, self.versions = [], {}

    def add(self, event_s, known_s, values, completes=False):
        if event_s not in self.versions:
            bisect.insort(self.events, event_s)
            self.versions[event_s] = []
        versions = self.versions[event_s]
        before = [more for known, _, more in versions if known <= known_s]
        whole = {**before[-1], **values} if completes and before else values
        bisect.insort(versions, (known_s, completes, whole), key=lambda version: version[:2])

    def latest(self, at_s, known_s):
        for place in range(bisect.bisect_right(self.events, at_s) - 1, -1, -1):
            event_s = self.events[place]
            known = [values for known, _, values in self.versions[event_s] if known <= known_s]
            if known:
                return event_s, known[-1]
        return None
