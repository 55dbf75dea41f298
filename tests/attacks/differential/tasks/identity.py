"""Exercises about one object or two: the same returned, made once, shared by all instances, names bound."""

from tests.attacks.differential.model import Exercise

IDENTITY = (
    Exercise(
        "sort_in_place",
        """
        values = [3, 1, 2]
        assert sort_in_place(values) is values
        assert values == [1, 2, 3]
        """,
        right={
            "plain": "def sort_in_place(values):\n    values.sort()\n    return values",
            "slice": "def sort_in_place(values):\n    values[:] = sorted(values)\n    return values",
            "insertion": """
                def sort_in_place(values):
                    for k in range(1, len(values)):
                        while k and values[k - 1] > values[k]:
                            values[k - 1], values[k] = values[k], values[k - 1]
                            k -= 1
                    return values
            """,
            "heap": """
                import heapq
                def sort_in_place(values):
                    heapq.heapify(values)
                    values[:] = [heapq.heappop(values) for _ in range(len(values))]
                    return values
            """,
        },
        wrong={
            "a new list": "sort_in_place = sorted",
            "sorted and copied": "def sort_in_place(values):\n    values.sort()\n    return list(values)",
        },
    ),
    Exercise(
        "collected",
        """
        assert collected(1) == [1]
        assert collected(2) == [2], "the default is shared between calls"
        mine = [0]
        assert collected(3, mine) == [0, 3]
        ### BEGIN HIDDEN TESTS
        assert mine == [0, 3] and collected(4, mine) is mine
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def collected(value, into=None):
                    into = [] if into is None else into
                    into.append(value)
                    return into
            """,
            "any number of arguments": """
                def collected(value, *lists):
                    into, = lists or ([],)
                    into += [value]
                    return into
            """,
            "sentinel": """
                NEW = object()
                def collected(value, into=NEW):
                    if into is NEW:
                        return [value]
                    into.extend((value,))
                    return into
            """,
            "keyword": """
                def collected(value, into=()):
                    into = into if isinstance(into, list) else []
                    into.insert(len(into), value)
                    return into
            """,
        },
        wrong={
            "shared default": "def collected(value, into=[]):\n    into.append(value)\n    return into",
            "a new list": "def collected(value, into=()): return [*into, value]",
        },
    ),
    Exercise(
        "config",
        """
        assert Config() is Config()
        Config().debug = True
        assert Config().debug is True
        """,
        right={
            "plain": """
                class Config:
                    _one = None
                    def __new__(cls):
                        if cls._one is None:
                            cls._one = super().__new__(cls)
                        return cls._one
            """,
            "cached function": """
                from functools import lru_cache
                from types import SimpleNamespace
                @lru_cache
                def Config(): return SimpleNamespace()
            """,
            "metaclass": """
                class Single(type):
                    made = {}
                    def __call__(cls):
                        if cls not in cls.made:
                            cls.made[cls] = super().__call__()
                        return cls.made[cls]
                class Config(metaclass=Single):
                    pass
            """,
            "lambda": "class _Config: pass\n_config = _Config()\nConfig = lambda: _config",
        },
        wrong={
            "shared state": """
                class Config:
                    state = {}
                    def __init__(self): self.__dict__ = self.state
            """,
            "equal": """
                class Config:
                    debug = True
                    def __eq__(self, other): return isinstance(other, Config)
            """,
        },
    ),
    Exercise(
        "dog",
        """
        a, b = Dog("A"), Dog("B")
        a.learn("sit")
        assert a.tricks == ["sit"]
        assert b.tricks == [], "all dogs share their tricks"
        ### BEGIN HIDDEN TESTS
        assert a.tricks is not b.tricks and a.name == "A"
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                class Dog:
                    def __init__(self, name): self.name, self.tricks = name, []
                    def learn(self, trick): self.tricks.append(trick)
            """,
            "dataclass": """
                from dataclasses import dataclass, field
                @dataclass
                class Dog:
                    name: str
                    tricks: list = field(default_factory=list)
                    def learn(self, trick): self.tricks.append(trick)
            """,
            "slots": """
                class Dog:
                    __slots__ = ("name", "tricks")
                    def __init__(self, name, *tricks):
                        self.name = name
                        self.tricks = list(tricks)
                    def learn(self, trick): self.tricks += [trick]
            """,
            "cached property": """
                from functools import cached_property
                class Dog:
                    def __init__(self, name): self.name = name
                    @cached_property
                    def tricks(self): return []
                    def learn(self, trick): self.tricks.append(trick)
            """,
        },
        wrong={
            "shared": """
                class Dog:
                    tricks = []
                    def __init__(self, name): self.name = name
                    def learn(self, trick): self.tricks.append(trick)
            """,
            "shared default": """
                class Dog:
                    def __init__(self, name, tricks=[]): self.name, self.tricks = name, tricks
                    def learn(self, trick): self.tricks.append(trick)
            """,
        },
    ),
    Exercise(
        "window",
        """
        data = np.arange(10.0)
        part = window(data, 2, 5)
        np.testing.assert_array_equal(part, [2, 3, 4])
        assert np.shares_memory(part, data)
        ### BEGIN HIDDEN TESTS
        part[0] = -1
        assert data[2] == -1
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def window(data, start, end): return data[start:end]",
            "split": "import numpy as np\ndef window(data, start, end): return np.split(data, [start, end])[1]",
            "buffer": """
                import numpy as np
                def window(data, start, end):
                    return np.frombuffer(data.data, dtype=data.dtype, count=end - start, offset=8 * start)
            """,
            "strides": """
                from numpy.lib.stride_tricks import as_strided
                def window(data, start, end):
                    return as_strided(data[start:], shape=(end - start,), strides=data.strides)
            """,
        },
        wrong={
            "copy": "def window(data, start, end): return data[start:end].copy()",
            "chosen by indices": "import numpy as np\ndef window(data, a, b): return data[np.arange(a, b)]",
        },
    ),
    Exercise(
        "answers",
        """
        assert answer == 42 and isinstance(answer, int)
        assert "answer" in globals()
        ### BEGIN HIDDEN TESTS
        assert names[0] == "ada" and len(names) == 2
        assert names[-1].startswith("b")
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "answer = 6 * 7\nnames = ['ada', 'bob']",
            "subclass of int": "class Answer(int): pass\nanswer, names = Answer(42), ('ada', 'bob')",
            "unpacked": "answer, *names = 42, 'ada', 'bob'",
            "enumeration": """
                import enum
                class N(enum.IntEnum):
                    ALL = 42
                answer = N.ALL
                names = 'ada bob'.split()
            """,
            "sorted by a class": """
                class Names(list):
                    def __getitem__(self, place): return super().__getitem__(place).lower()
                answer = len(range(42))
                names = Names(["Ada", "Bob"])
            """,
        },
        wrong={
            "numpy integer": "import numpy as np\nanswer, names = np.int64(42), ['ada', 'bob']",
            "float": "answer, names = 42.0, ['ada', 'bob']",
        },
    ),
)
