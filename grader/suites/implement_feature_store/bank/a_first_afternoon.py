"""A first afternoon: a table of rows, filtered for each request; answers are published; a backfill updates its row.

kind = "wrong"
first_try = true
points = { test-online = 1, test-change = 0, test-any-order = 0, test-growth = 0, test-own-tests = 0 }
says = ["judged when asked", "the last values are served for ever", "takes today's values away"]
"""

# %% past-store
class PastStore:
    def __init__(self):
        self.views = {}

    def define(self, view, columns, time_to_live_s=None):
        self.views[view] = {"columns": dict.fromkeys(columns), "life_s": time_to_live_s, "rows": [], "live": {}}

    def check(self, view, rows):
        for row in rows:
            for column in row:
                if column not in ("entity", "event_s") and column not in self.views[view]["columns"]:
                    raise ValueError(f"unknown column {column}")

    def write(self, view, rows, known_s):
        self.check(view, rows)
        self.views[view]["rows"] += [{**row, "known_s": known_s} for row in rows]

    def row_of(self, view, entity, at_s, known_s):
        rows = [
            row for row in self.views[view]["rows"]
            if row["entity"] == entity and row["event_s"] <= at_s and row["known_s"] <= known_s
        ]
        return max(rows, key=lambda row: (row["event_s"], row["known_s"]), default=None)

    def answer(self, view, row, at_s):
        columns, life_s = self.views[view]["columns"], self.views[view]["life_s"]
        if row is None or (life_s is not None and at_s - row["event_s"] >= life_s):
            return dict.fromkeys(columns)
        return {column: row.get(column, default) for column, default in columns.items()}

    def as_of(self, view, requests):
        answers = []
        for request in requests:
            row = self.row_of(view, request["entity"], request["at_s"], request.get("known_s", request["at_s"]))
            answers.append(self.answer(view, row, request["at_s"]))
        return answers

# %% online-store
class OnlineStore(PastStore):
    def materialise(self, view, now_s):
        entities = {row["entity"] for row in self.views[view]["rows"]}
        for entity in entities:
            self.views[view]["live"][entity] = self.as_of(view, [{"entity": entity, "at_s": now_s}])[0]

    def online(self, view, entity, now_s):
        return dict(self.views[view]["live"].get(entity, dict.fromkeys(self.views[view]["columns"])))

# %% feature-store
class FeatureStore(OnlineStore):
    def add_column(self, view, column, default=None):
        columns = self.views[view]["columns"]
        if column in columns and columns[column] != default:
            raise ValueError(f"{column} has another default")
        columns[column] = default

    def backfill(self, view, rows, known_s):
        self.check(view, rows)
        for row in rows:
            before = self.row_of(view, row["entity"], row["event_s"], known_s)
            if before and before["event_s"] == row["event_s"]:
                self.write(view, [{**{k: v for k, v in before.items() if k != "known_s"}, **row}], known_s)
            else:
                self.write(view, [row], known_s)

# %% check-store
def check_store(Store):
    store = Store()
    store.define("orders", ["amount", "count"], 100)
    store.write("orders", [{"entity": "a", "event_s": 10, "amount": 5, "count": 1}], 10)
    store.write("orders", [{"entity": "a", "event_s": 20, "amount": 7, "count": 2}], 20)
    store.write("orders", [{"entity": "a", "event_s": 15, "amount": 6, "count": 9}], 30)
    assert store.as_of("orders", [{"entity": "a", "at_s": 15}])[0]["amount"] == 5
    assert store.as_of("orders", [{"entity": "a", "at_s": 16, "known_s": 40}])[0]["amount"] == 6
    assert store.as_of("orders", [{"entity": "a", "at_s": 25}])[0]["amount"] == 7
    assert store.as_of("orders", [{"entity": "a", "at_s": 200}])[0]["amount"] is None
    assert store.as_of("orders", [{"entity": "b", "at_s": 25}])[0] == {"amount": None, "count": None}
    store.materialise("orders", 30)
    assert store.online("orders", "a", 31)["amount"] == 7
    store.add_column("orders", "currency", "EUR")
    assert store.as_of("orders", [{"entity": "a", "at_s": 25}])[0]["currency"] == "EUR"
    store.backfill("orders", [{"entity": "a", "event_s": 20, "currency": "USD"}], 50)
    assert store.as_of("orders", [{"entity": "a", "at_s": 25, "known_s": 60}])[0]["currency"] == "USD"
    assert store.as_of("orders", [{"entity": "a", "at_s": 25}])[0]["currency"] == "EUR"
