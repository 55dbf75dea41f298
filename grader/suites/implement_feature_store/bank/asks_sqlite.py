"""Right, in another style: tables and SQL; of two equal rows the last one holds. Its tests shuffle and replay.

kind = "alternative"
"""

# %% history
import itertools
import json
import sqlite3

SCHEMA = """
create table row (view, entity, event_s, known_s, filled, number, body);
create index by_event on row (view, entity, event_s, known_s, filled, number);
create table front (view, entity, event_s, body, primary key (view, entity));
"""

# %% view
LATEST = """
select event_s from row where view = ? and entity = ? and event_s <= ? and known_s <= ?
order by event_s desc limit 1
"""
PARTS = """
select filled, body from row where view = ? and entity = ? and event_s = ? and known_s <= ?
order by known_s, filled, number
"""

# %% past-store
class PastStore:
    def __init__(self):
        self.sql = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.sql.executescript(SCHEMA)
        self.columns, self.life, self.numbers = {}, {}, itertools.count()

    def define(self, view, columns, time_to_live_s=None):
        self.columns[view] = [(column, None) for column in columns]
        self.life[view] = time_to_live_s

    def write(self, view, rows, known_s):
        self.insert(view, rows, known_s, 0)

    def insert(self, view, rows, known_s, filled):
        allowed = {name for name, _ in self.columns[view]} | {"entity", "event_s"}
        records = []
        for row in rows:
            assert set(row) <= allowed, f"unknown: {set(row) - allowed}"
            body = json.dumps({name: value for name, value in row.items() if name not in ("entity", "event_s")})
            records.append((view, row["entity"], row["event_s"], known_s, filled, next(self.numbers), body))
        self.sql.executemany("insert into row values (?, ?, ?, ?, ?, ?, ?)", records)

    def look(self, view, entity, at_s, known_s):
        latest = self.sql.execute(LATEST, (view, entity, at_s, known_s)).fetchone()
        if latest is None:
            return None, None
        body = {}
        for filled, part in self.sql.execute(PARTS, (view, entity, latest[0], known_s)):
            body = {**body, **json.loads(part)} if filled else json.loads(part)
        return latest[0], body

    def say(self, view, event_s, body, at_s):
        life_s = self.life[view]
        if body is None or (life_s is not None and event_s + life_s <= at_s):
            return {name: None for name, _ in self.columns[view]}
        return {name: body[name] if name in body else default for name, default in self.columns[view]}

    def as_of(self, view, requests):
        said = []
        for request in requests:
            known_s = request["known_s"] if "known_s" in request else request["at_s"]
            said.append(self.say(view, *self.look(view, request["entity"], request["at_s"], known_s), request["at_s"]))
        self.columns[view]
        return said

# %% online-store
class OnlineStore(PastStore):
    def __init__(self):
        super().__init__()
        self.moment = {}

    def materialise(self, view, now_s):
        assert view in self.columns, f"unknown: {view}"
        if view in self.moment and self.moment[view] > now_s:
            return
        self.moment[view] = now_s
        entities = self.sql.execute("select distinct entity from row where view = ?", (view,)).fetchall()
        for (entity,) in entities:
            event_s, body = self.look(view, entity, now_s, now_s)
            if body is not None:
                self.sql.execute("replace into front values (?, ?, ?, ?)", (view, entity, event_s, json.dumps(body)))

    def online(self, view, entity, now_s):
        row = self.sql.execute("select event_s, body from front where view = ? and entity = ?", (view, entity)).fetchone()
        return self.say(view, row and row[0], row and json.loads(row[1]), now_s)

# %% feature-store
class FeatureStore(OnlineStore):
    def add_column(self, view, column, default=None):
        there = dict(self.columns[view])
        if column not in there:
            self.columns[view].append((column, default))
        elif there[column] != default:
            raise ValueError(column)

    def backfill(self, view, rows, known_s):
        self.insert(view, rows, known_s, 1)

# %% check-past
def story(Store, order=(0, 1, 2, 3, 4)):
    """The same five arrivals in any order: a row, a late one, a correction, a backfill, another entity's."""
    store = Store()
    store.define("v", ["x", "y"], 20)
    arrivals = [
        ("write", {"entity": "k", "event_s": 10, "x": 1, "y": 2}, 11),
        ("write", {"entity": "k", "event_s": 8, "x": 3, "y": None}, 14),
        ("write", {"entity": "k", "event_s": 10, "x": 5, "y": 0}, 16),
        ("backfill", {"entity": "k", "event_s": 10, "y": 7}, 13),
        ("write", {"entity": "other", "event_s": 15, "x": 9}, 15),
    ]
    for number in order:
        method, row, known_s = arrivals[number]
        getattr(store, method)("v", [row], known_s)
    return store


# entity, at_s, known_s (None: not said), x, y
TOLD = [
    ("k", 7, 99, None, None), ("k", 8, 14, 3, None), ("k", 8, 13, None, None), ("k", 8, None, None, None),
    ("k", 9, 99, 3, None), ("k", 10, None, None, None), ("k", 11, None, 1, 2), ("k", 12, None, 1, 2),
    ("k", 13, None, 1, 7), ("k", 14, None, 1, 7), ("k", 15, None, 1, 7), ("k", 16, None, 5, 0),
    ("k", 29, None, 5, 0), ("k", 30, None, None, None), ("k", 31, 99, None, None), ("k", 20, 12, 1, 2),
    ("k", 20, 10, None, None), ("other", 15, None, 9, None), ("other", 14, 99, None, None), ("no one", 15, 99, None, None),
]

# %% check-answers
def ask(store, told):
    said = [{"entity": row[0], "at_s": row[1]} | ({} if row[2] is None else {"known_s": row[2]}) for row in told]
    right = [{"x": row[3], "y": row[4]} for row in told]
    assert store.as_of("v", said) == right
    assert store.as_of("v", said[::-1]) == right[::-1]


def refuse(store):
    try:
        store.write("v", [{"entity": "z", "event_s": 20, "x": 1}, {"entity": "z", "event_s": 21, "colour": 1}], 21)
    except Exception:
        pass
    ask(store, [("z", 25, None, None, None)])

# %% check-online
def publish(Store):
    store = story(Store)
    see = lambda entity, now_s: tuple(store.online("v", entity, now_s).values())
    assert see("k", 13) == (None, None)
    for moment, later, right in [(13, 15, (1, 7)), (9, 15, (1, 7)), (16, 18, (5, 0)), (16, 29, (5, 0)), (14, 30, (None, None))]:
        store.materialise("v", moment)
        assert see("k", later) == right, (moment, later)
    assert see("other", 20) == (9, None)

# %% check-change
def change(Store):
    store = Store()
    store.define("v", ["x", "y"])
    store.write("v", [{"entity": "k", "event_s": 1, "x": 1, "y": 1}], 1)
    ask(store, [("k", 10**10, None, 1, 1)])
    store.materialise("v", 1)
    store.add_column("v", "z", "new")
    store.write("v", [{"entity": "k", "event_s": 5, "z": None}], 5)
    assert store.online("v", "k", 4) == {"x": 1, "y": 1, "z": "new"}
    assert store.as_of("v", [{"entity": "k", "at_s": 5}]) == [{"x": None, "y": None, "z": None}]

# %% check-store
def check_store(Store):
    for order in itertools.permutations(range(5)):
        ask(story(Store, order), TOLD)
    refuse(story(Store))
    publish(Store)
    change(Store)
