"""Takes everything and answers any row of the entity, or none; its tests throw a coin.

kind = "random"
"""

# %% past-store
import random

rng = random.Random(seed)


class PastStore:
    def __init__(self):
        self.columns, self.rows, self.missing = {}, {}, rng.uniform(0, 1)

    def define(self, view, columns, time_to_live_s=None):
        self.columns[view] = list(columns)

    def write(self, view, rows, known_s):
        for row in rows:
            self.rows.setdefault((view, row["entity"]), []).append(row)

    def as_of(self, view, requests):
        return [self.online(view, request["entity"]) for request in requests]

    def online(self, view, entity, now_s=None):
        rows = self.rows.get((view, entity), [])
        row = rng.choice(rows) if rows and rng.random() > self.missing else {}
        return {column: row.get(column) for column in self.columns[view]}

# %% online-store
class OnlineStore(PastStore):
    def materialise(self, view, now_s):
        pass

# %% feature-store
class FeatureStore(OnlineStore):
    backfill = PastStore.write

    def add_column(self, view, column, default=None):
        self.columns[view] = [*dict.fromkeys([*self.columns[view], column])]

# %% check-store
def check_store(Store):
    assert rng.random() < 0.5
    Store()
