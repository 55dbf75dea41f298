"""Right, in another style: one fact a value, in sorted lists; of two equal rows the first one holds.
Its tests compare a store with a plain model of the rules, on random operations and on the boundaries.

kind = "alternative"
"""

# %% history
NOTHING = float("-inf")


def place(times, at_s):
    return bisect.bisect_right(times, at_s) - 1


# %% view
import collections
import random


class View:
    def __init__(self, columns, life_s):
        self.columns = {column: None for column in columns}
        self.life_s = float("inf") if life_s is None else life_s
        self.times = collections.defaultdict(list)  # entity -> its events, sorted
        self.known = {}  # (entity, event) -> when anything was first known of it
        self.whole = collections.defaultdict(list)  # (entity, event) -> times at which a whole row came
        self.facts = collections.defaultdict(list)  # (entity, event, column, kind) -> [(known, value)], sorted


# %% past-store
class PastStore:
    def __init__(self):
        self.views = {}

    def define(self, view, columns, time_to_live_s=None):
        self.views[view] = View(columns, time_to_live_s)

    def write(self, view, rows, known_s):
        self._take(view, rows, known_s, "row")

    def _take(self, name, rows, known_s, kind):
        view = self.views[name]
        for row in rows:
            for column in row:
                if column not in view.columns and column not in ("entity", "event_s"):
                    raise LookupError(column)
        for row in rows:
            event = row["entity"], row["event_s"]
            if event not in view.known:
                bisect.insort(view.times[event[0]], event[1])
            view.known[event] = min(known_s, view.known.get(event, known_s))
            if kind == "row":
                if known_s in view.whole[event]:
                    continue  # the first one holds
                bisect.insort(view.whole[event], known_s)
            for column, value in row.items():
                if column not in ("entity", "event_s"):
                    bisect.insort_left(view.facts[(*event, column, kind)], (known_s, value), key=lambda fact: fact[0])

    def _event(self, view, entity, at_s, known_s):
        times = view.times.get(entity, [])
        for number in range(place(times, at_s), -1, -1):
            if view.known[entity, times[number]] <= known_s:
                return entity, times[number], known_s
        return None

    def _value(self, view, event, column):
        *named, known_s = event
        whole = view.whole.get(tuple(named), [])
        number = place(whole, known_s)
        since_s = whole[number] if number >= 0 else NOTHING
        for kind in ("fill", "row"):
            facts = view.facts.get((*named, column, kind), [])
            last = bisect.bisect_right(facts, known_s, key=lambda fact: fact[0]) - 1
            if last >= 0 and facts[last][0] >= since_s:
                first = bisect.bisect_left(facts, facts[last][0], key=lambda fact: fact[0])
                return facts[first if kind == "fill" else last][1]
        return view.columns[column]

    def _answer(self, view, event, at_s):
        if event is None or at_s - event[1] >= view.life_s:
            return {column: None for column in view.columns}
        return {column: self._value(view, event, column) for column in view.columns}

    def as_of(self, view, requests):
        view = self.views[view]
        asked = [(request["entity"], request["at_s"], request.get("known_s", request["at_s"])) for request in requests]
        return [self._answer(view, self._event(view, *moment), moment[1]) for moment in asked]


# %% online-store
class OnlineStore(PastStore):
    def __init__(self):
        PastStore.__init__(self)
        self.online_at, self.front = {}, {}

    def materialise(self, view, now_s):
        held = self.views[view]
        if now_s < self.online_at.get(view, NOTHING):
            return
        self.online_at[view] = now_s
        for entity in held.times:
            event = self._event(held, entity, now_s, now_s)
            if event is not None:
                said = {column for *_, column, _ in self._said(held, event)}
                self.front[view, entity] = event[1], {column: self._value(held, event, column) for column in said}

    def _said(self, held, event):
        entity, event_s, known_s = event
        since_s = max((at_s for at_s in held.whole.get((entity, event_s), []) if at_s <= known_s), default=NOTHING)
        for column in held.columns:
            for kind in ("row", "fill"):
                facts = held.facts.get((entity, event_s, column, kind), [])
                if any(since_s <= known <= known_s for known, _ in facts):
                    yield entity, event_s, column, kind

    def online(self, view, entity, now_s):
        held = self.views[view]
        event_s, values = self.front.get((view, entity), (NOTHING, {}))
        if event_s == NOTHING or now_s - event_s >= held.life_s:
            return {column: None for column in held.columns}
        return {column: values.get(column, default) for column, default in held.columns.items()}


# %% feature-store
class FeatureStore(OnlineStore):
    def add_column(self, view, column, default=None):
        columns = self.views[view].columns
        if columns.setdefault(column, default) != default:
            raise LookupError(column)

    def backfill(self, view, rows, known_s):
        self._take(view, rows, known_s, "fill")


# %% check-past
class Model:
    """Every rule asked of every row; no two rows here are equal in entity, event and knowledge."""

    def __init__(self, life_s):
        self.rows, self.life_s, self.default, self.published = [], life_s, {"a": None, "b": None}, (-1, {})

    def take(self, kind, row, known_s):
        self.rows.append((row["entity"], row["event_s"], known_s, kind, {key: row[key] for key in row if key in "abc"}))

    def found(self, entity, at_s, known_s):
        seen = [row for row in self.rows if row[0] == entity and row[1] <= at_s and row[2] <= known_s]
        if not seen:
            return None
        event_s, values = max(row[1] for row in seen), {}
        for row in sorted((row for row in seen if row[1] == event_s), key=lambda row: (row[2], row[3] == "fill")):
            values = {**values, **row[4]} if row[3] == "fill" else row[4]
        return event_s, values

    def answer(self, found, at_s):
        if found is None or (self.life_s is not None and not at_s - self.life_s < found[0]):
            return dict.fromkeys(self.default)
        return {**self.default, **found[1]}


# %% check-answers
def check_boundaries(Store):
    store = Store()
    store.define("v", ["a"])
    store.write("v", [{"entity": "e", "event_s": 100, "a": 1}], 100)
    years = 40 * 365 * 86_400
    assert store.as_of("v", [{"entity": "e", "at_s": years}, {"entity": "e", "at_s": 99}]) == [{"a": 1}, {"a": None}]
    refused = False
    try:
        store.write("v", [{"entity": "f", "event_s": 7, "a": 1}, {"entity": "f", "event_s": 8, "no": 1}], 9)
    except Exception:
        refused = True
    assert refused and store.as_of("v", [{"entity": "f", "at_s": 50}]) == [{"a": None}]


# %% check-online
def check_against_the_model(Store, seed):
    rng = random.Random(seed)
    life_s = rng.choice([None, 3, 5])
    store, model, taken, now_s = Store(), Model(life_s), set(), 0
    store.define("v", ["a", "b"], life_s)
    for number in range(60):
        what = rng.choice(["write", "write", "write", "fill", "ask", "ask", "online", "online", "publish", "column"])
        entity, event_s = rng.choice("ef"), rng.randrange(12)
        known_s = max(0, event_s + rng.randrange(-3, 8))
        if what in ("write", "fill") and (what, entity, event_s, known_s) not in taken:
            taken.add((what, entity, event_s, known_s))
            row = {"entity": entity, "event_s": event_s, "a": rng.choice([0, number, None]), "b": number}
            row.pop(rng.choice(["a", "b"] if what == "fill" else ["a", "b", "none", "none"]), None)
            model.take(what, row, known_s)
            (store.backfill if what == "fill" else store.write)("v", [row], known_s)
        elif what == "ask":
            moments = [(rng.choice("ef"), rng.randrange(-1, 16), rng.randrange(-1, 20)) for _ in range(3)]
            asked = [{"entity": entity, "at_s": at_s, "known_s": known_s} for entity, at_s, known_s in moments]
            asked += [{"entity": entity, "at_s": at_s} for entity, at_s, _ in moments]
            right = [model.answer(model.found(*moment), moment[1]) for moment in moments]
            right += [model.answer(model.found(entity, at_s, at_s), at_s) for entity, at_s, _ in moments]
            assert store.as_of("v", asked) == right, (asked, right)
        elif what == "publish":
            store.materialise("v", known_s)
            if known_s >= model.published[0]:
                now_s = known_s
                model.published = known_s, {entity: model.found(entity, known_s, known_s) for entity in "ef"}
        elif what == "online":
            right = model.answer(model.published[1].get(entity), now_s + 4)
            assert store.online("v", entity, now_s + 4) == right, (entity, now_s + 4, right)
        elif what == "column":
            model.default["c"] = 9
            store.add_column("v", "c", 9)


# %% check-change
def check_the_default(Store):
    store = Store()
    store.define("v", ["a"])
    store.add_column("v", "b", 3)
    store.write("v", [{"entity": "e", "event_s": 1, "a": 1}, {"entity": "f", "event_s": 1, "b": None}], 1)
    given = store.as_of("v", [{"entity": entity, "at_s": 1} for entity in "fe"])
    assert given == [{"a": None, "b": None}, {"a": 1, "b": 3}], given


# %% check-store
def check_store(Store):
    check_boundaries(Store)
    check_the_default(Store)
    for seed in range(30):
        check_against_the_model(Store, seed)
