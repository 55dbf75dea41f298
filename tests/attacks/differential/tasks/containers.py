"""Exercises whose answers are containers: lists, sets, dictionaries, records, subclasses of them."""

from tests.attacks.differential.model import Exercise

CONTAINERS = (
    Exercise(
        "unique",
        """
        assert unique([3, 1, 3, 2, 1]) == [3, 1, 2]
        assert unique([]) == []
        ### BEGIN HIDDEN TESTS
        assert unique("banana") == ["b", "a", "n"]
        assert isinstance(unique([1]), list)
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def unique(values):
                    found = []
                    for value in values:
                        if value not in found:
                            found.append(value)
                    return found
            """,
            "dict": "def unique(values): return list(dict.fromkeys(values))",
            "subclass of list": """
                class Ordered(list):
                    @property
                    def last(self):
                        return self[-1]
                def unique(values):
                    return Ordered(sorted(set(values), key=list(values).index))
            """,
            "recursive": """
                def unique(values):
                    values = list(values)
                    return values[:1] + unique([one for one in values[1:] if one != values[0]]) if values else []
            """,
            "list with a property over itself": """
                class Seen(list):
                    @property
                    def items(self):
                        return self
                    def add(self, value):
                        if value not in self.items:
                            self.append(value)
                def unique(values):
                    seen = Seen()
                    for value in values:
                        seen.add(value)
                    return seen
            """,
        },
        wrong={
            "sorted": "def unique(values): return sorted(set(values))",
            "keys": "unique = dict.fromkeys",
        },
    ),
    Exercise(
        "common",
        """
        assert common([1, 2, 3], [2, 3, 4]) == {2, 3}
        assert common([1], [2]) == set()
        ### BEGIN HIDDEN TESTS
        assert 2 in common([2], [2]) and len(common([1, 1], [1, 1])) == 1
        assert common("ab", "bc") | {"z"} == {"b", "z"}
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def common(a, b): return set(a) & set(b)",
            "frozenset": "def common(a, b): return frozenset(a).intersection(b)",
            "keys of a dictionary": "def common(a, b): return {one: None for one in a if one in b}.keys()",
            "subclass of set": "class Both(set): pass\ndef common(a, b): return Both(one for one in a if one in b)",
            "counter": "from collections import Counter\ndef common(a, b): return (Counter(a) & Counter(b)).keys()",
        },
        wrong={
            "union": "def common(a, b): return set(a) | set(b)",
            "list": "def common(a, b): return [one for one in set(a) if one in b]",
        },
    ),
    Exercise(
        "grouped",
        """
        groups = grouped(["ant", "bee", "asp"])
        assert groups["a"] == ["ant", "asp"] and groups["b"] == ["bee"]
        assert sorted(groups) == ["a", "b"]
        ### BEGIN HIDDEN TESTS
        assert {key: len(words) for key, words in groups.items()} == {"a": 2, "b": 1}
        assert "z" not in groups and groups.get("z") is None
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def grouped(words):
                    groups = {}
                    for word in words:
                        groups.setdefault(word[0], []).append(word)
                    return groups
            """,
            "defaultdict": """
                from collections import defaultdict
                def grouped(words):
                    groups = defaultdict(list)
                    for word in words:
                        groups[word[0]].append(word)
                    return groups
            """,
            "groupby": """
                from itertools import groupby
                def grouped(words):
                    return {key: list(group) for key, group in groupby(sorted(words), key=lambda word: word[0])}
            """,
            "lists of a subclass": """
                from collections import OrderedDict
                class Words(list):
                    def longest(self):
                        return max(self, key=len)
                def grouped(words):
                    return OrderedDict((w[0], Words(v for v in words if v[0] == w[0])) for w in words)
            """,
            "mapping of its own": """
                from collections.abc import Mapping
                class Groups(Mapping):
                    def __init__(self, words): self.words = words
                    def __getitem__(self, key):
                        found = [word for word in self.words if word[0] == key]
                        if not found:
                            raise KeyError(key)
                        return found
                    def __iter__(self): return iter(sorted({word[0] for word in self.words}))
                    def __len__(self): return len(set(self))
                grouped = Groups
            """,
        },
        wrong={
            "last word": "def grouped(words): return {word[0]: [word] for word in words}",
            "by length": "def grouped(words): return {len(w): [v for v in words if len(v) == len(w)] for w in words}",
        },
    ),
    Exercise(
        "records",
        """
        first, second = records("Ada,36;Bob,41")
        assert first.name == "Ada" and first.age == 36
        assert second.age - first.age == 5
        ### BEGIN HIDDEN TESTS
        assert [one.name for one in sorted(records("b,2;a,3"), key=lambda one: one.age)] == ["b", "a"]
        assert getattr(first, "name").upper() == "ADA" and hasattr(second, "age")
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                class Record:
                    def __init__(self, name, age):
                        self.name, self.age = name, int(age)
                def records(text):
                    return [Record(*row.split(",")) for row in text.split(";")]
            """,
            "NamedTuple with methods": """
                from typing import NamedTuple
                class Person(NamedTuple):
                    name: str
                    age: int
                    @property
                    def adult(self): return self.age >= 18
                    @classmethod
                    def parse(cls, row):
                        name, age = row.split(",")
                        return cls(name, int(age))
                def records(text): return [Person.parse(row) for row in text.split(";")]
            """,
            "namedtuple": """
                from collections import namedtuple
                Row = namedtuple("Row", "name age")
                def records(text): return tuple(Row(n, int(a)) for n, a in (r.split(",") for r in text.split(";")))
            """,
            "frozen dataclass": """
                from dataclasses import dataclass
                @dataclass(frozen=True, slots=True)
                class Entry:
                    name: str
                    age: int
                def records(text):
                    for row in text.split(";"):
                        name, _, age = row.partition(",")
                        yield Entry(name=name, age=int(age))
            """,
            "rows of pandas": """
                import pandas as pd
                def records(text):
                    table = pd.DataFrame([row.split(",") for row in text.split(";")], columns=["name", "age"])
                    return list(table.astype({"age": int}).itertuples(index=False))
            """,
        },
        wrong={
            "age as text": """
                from collections import namedtuple
                Row = namedtuple("Row", "name age")
                def records(text): return [Row(*row.split(",")) for row in text.split(";")]
            """,
            "dictionaries": """
                def records(text):
                    return [dict(zip(("name", "age"), row.split(","))) for row in text.split(";")]
            """,
        },
    ),
    Exercise(
        "transposed",
        """
        assert transposed([[1, 2, 3], [4, 5, 6]]) == [[1, 4], [2, 5], [3, 6]]
        ### BEGIN HIDDEN TESTS
        assert transposed([[7]]) == [[7]]
        assert len(transposed([[1], [2]])) == 1 and type(transposed([[1]])) == list
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def transposed(rows): return [[row[k] for row in rows] for k in range(len(rows[0]))]",
            "zip": "def transposed(rows): return list(map(list, zip(*rows)))",
            "numpy": "import numpy as np\ndef transposed(rows): return np.array(rows).T.tolist()",
            "numpy integers in lists": """
                import numpy as np
                def transposed(rows): return [list(column) for column in np.array(rows).T]
            """,
            "rows of a subclass": """
                class Row(list): pass
                def transposed(rows): return [Row(column) for column in zip(*rows)]
            """,
        },
        wrong={
            "tuples": "def transposed(rows): return list(zip(*rows))",
            "array": "import numpy as np\ndef transposed(rows): return np.array(rows).T",
        },
    ),
)
