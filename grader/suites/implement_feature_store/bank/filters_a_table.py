"""Right, and slower still: a list for everybody, filtered for each request.

kind = "wrong"
points = { test-growth = 0 }
says = ["something is gone through from end to end", "many entities"]
"""

# %% past-store
class PastStore:
    def __init__(self):
        self.rows, self.columns, self.life_s = [], {}, {}

    def define(self, view, columns, time_to_live_s=None):
        self.columns[view], self.life_s[view] = dict.fromkeys(columns), time_to_live_s

    def write(self, view, rows, known_s):
        self.take_in(view, rows, known_s, completes=False)

    def take_in(self, view, rows, known_s, completes):
        if any(set(row) - {"entity", "event_s", *self.columns[view]} for row in rows):
            raise ValueError("unknown column")
        self.rows += [(view, row["entity"], row["event_s"], known_s, completes, dict(row)) for row in rows]

    def find(self, view, entity, at_s, known_s):
        seen = [row for row in self.rows if row[:2] == (view, entity) and row[2] <= at_s and row[3] <= known_s]
        last_s, values = max((row[2] for row in seen), default=None), {}
        for row in sorted((row for row in seen if row[2] == last_s), key=lambda row: row[3:5]):
            values = {**values, **row[5]} if row[4] else row[5]
        return last_s, values

    def answer(self, view, found, at_s):
        last_s, values = found
        if last_s is None or (self.life_s[view] is not None and at_s - last_s >= self.life_s[view]):
            return dict.fromkeys(self.columns[view])
        return {column: values.get(column, default) for column, default in self.columns[view].items()}

    def as_of(self, view, requests):
        asked = [(request["entity"], request["at_s"], request.get("known_s", request["at_s"])) for request in requests]
        self.columns[view]
        return [self.answer(view, self.find(view, *moment), moment[1]) for moment in asked]


# %% online-store
class OnlineStore(PastStore):
    def __init__(self):
        super().__init__()
        self.published = {}

    def materialise(self, view, now_s):
        self.columns[view]
        if now_s >= self.published.get(view, (now_s,))[0]:
            entities = {row[1] for row in self.rows if row[0] == view}
            self.published[view] = now_s, {entity: self.find(view, entity, now_s, now_s) for entity in entities}

    def online(self, view, entity, now_s):
        return self.answer(view, self.published.get(view, (0, {}))[1].get(entity, (None, {})), now_s)


# %% feature-store
class FeatureStore(OnlineStore):
    def add_column(self, view, column, default=None):
        if self.columns[view].setdefault(column, default) != default:
            raise ValueError(column)

    def backfill(self, view, rows, known_s):
        self.take_in(view, rows, known_s, completes=True)
