"""Keeps one version of an event: a correction takes the place of what was known before.

kind = "wrong"
points = { test-past = 3, test-change = 1, test-any-order = 0, test-own-tests = 0 }
says = ["one second before a correction (4 of 4)", "training uses figures that nobody had"]
"""

# %% history
class History:
    def __init__(self):
        self.events, self.rows = [], {}

    def add(self, event_s, known_s, values, completes=False):
        if event_s not in self.rows:
            bisect.insort(self.events, event_s)
            self.rows[event_s] = known_s, values
        elif known_s >= self.rows[event_s][0]:
            self.rows[event_s] = known_s, {**self.rows[event_s][1], **values} if completes else values

    def latest(self, at_s, known_s):
        for place in range(bisect.bisect_right(self.events, at_s) - 1, -1, -1):
            event_s = self.events[place]
            if self.rows[event_s][0] <= known_s:
                return event_s, self.rows[event_s][1]
        return None
