"""Right, and slow: goes through everything of an entity for each request.

kind = "wrong"
points = { test-growth = 1 }
says = ["something is gone through from end to end", "does not end on the year"]
"""

# %% history
class History:
    def __init__(self):
        self.rows = []

    def add(self, event_s, known_s, values, completes=False):
        self.rows.append((event_s, known_s, completes, values))

    def latest(self, at_s, known_s):
        known = [row for row in self.rows if row[0] <= at_s and row[1] <= known_s]
        if not known:
            return None
        event_s, values = max(row[0] for row in known), {}
        for _, _, completes, more in sorted((row for row in known if row[0] == event_s), key=lambda row: row[1:3]):
            values = {**values, **more} if completes else more
        return event_s, values
