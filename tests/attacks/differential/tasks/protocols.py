"""Exercises whose classes act as containers, functions or constants: the methods that Python itself calls."""

from tests.attacks.differential.model import Exercise

PROTOCOLS = (
    Exercise(
        "stack",
        """
        stack = Stack()
        assert len(stack) == 0 and not stack
        stack.push(1)
        stack.push(2)
        assert 2 in stack and 3 not in stack
        assert stack.pop() == 2 and len(stack) == 1 and bool(stack)
        ### BEGIN HIDDEN TESTS
        stack.push("x")
        assert list(stack) == ["x", 1], "from the top down"
        other = Stack()
        assert len(other) == 0
        try:
            other.pop()
        except IndexError:
            pass
        else:
            raise AssertionError("an empty stack gave something")
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                class Stack:
                    def __init__(self): self._items = []
                    def push(self, item): self._items.append(item)
                    def pop(self): return self._items.pop()
                    def __len__(self): return len(self._items)
                    def __iter__(self): return reversed(self._items)
                    def __contains__(self, item): return item in self._items
            """,
            "subclass of list": """
                class Stack(list):
                    push = list.append
                    def __iter__(self): return iter(self[::-1])
            """,
            "subclass of deque": """
                from collections import deque
                class Stack(deque):
                    def push(self, item): self.appendleft(item)
                    def pop(self): return self.popleft()
            """,
            "linked pairs": """
                class Stack:
                    top = None
                    def push(self, item): self.top = (item, self.top)
                    def pop(self):
                        if self.top is None:
                            raise IndexError("empty")
                        item, self.top = self.top
                        return item
                    def __iter__(self):
                        place = self.top
                        while place:
                            yield place[0]
                            place = place[1]
                    def __len__(self): return sum(1 for _ in self)
            """,
            "closure": """
                def Stack():
                    items = []
                    class _Stack:
                        push = staticmethod(items.append)
                        pop = staticmethod(items.pop)
                        def __len__(self): return len(items)
                        def __iter__(self): return reversed(items)
                    return _Stack()
            """,
        },
        wrong={
            "queue": """
                class Stack(list):
                    push = list.append
                    def pop(self): return super().pop(0)
            """,
            "shared": """
                class Stack:
                    _items = []
                    def push(self, item): self._items.append(item)
                    def pop(self): return self._items.pop()
                    def __len__(self): return len(self._items)
                    def __iter__(self): return reversed(self._items)
            """,
        },
    ),
    Exercise(
        "cache",
        """
        cache = Cache(2)
        cache["a"] = 1
        cache["b"] = 2
        assert cache["a"] == 1
        cache["c"] = 3
        assert "b" not in cache and "a" in cache
        ### BEGIN HIDDEN TESTS
        assert len(cache) == 2 and sorted(cache.keys()) == ["a", "c"]
        try:
            cache["b"]
        except KeyError:
            pass
        else:
            raise AssertionError("b is gone")
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                class Cache:
                    def __init__(self, size):
                        self.size, self.held = size, {}
                    def __getitem__(self, key):
                        self.held[key] = self.held.pop(key)
                        return self.held[key]
                    def __setitem__(self, key, value):
                        self.held.pop(key, None)
                        self.held[key] = value
                        if len(self.held) > self.size:
                            del self.held[next(iter(self.held))]
                    def __contains__(self, key): return key in self.held
                    def __len__(self): return len(self.held)
                    def keys(self): return list(self.held)
            """,
            "subclass of OrderedDict": """
                from collections import OrderedDict
                class Cache(OrderedDict):
                    def __init__(self, size):
                        super().__init__()
                        self.size = size
                    def __getitem__(self, key):
                        value = super().__getitem__(key)
                        self.move_to_end(key)
                        return value
                    def __setitem__(self, key, value):
                        super().__setitem__(key, value)
                        self.move_to_end(key)
                        if len(self) > self.size:
                            self.popitem(last=False)
            """,
            "MutableMapping": """
                from collections.abc import MutableMapping
                class Cache(MutableMapping):
                    def __init__(self, size):
                        self.size, self.order, self.values_ = size, [], {}
                    def __getitem__(self, key):
                        value = self.values_[key]
                        self.order.remove(key)
                        self.order.append(key)
                        return value
                    def __setitem__(self, key, value):
                        if key in self.order:
                            self.order.remove(key)
                        self.order.append(key)
                        self.values_[key] = value
                        while len(self.order) > self.size:
                            del self.values_[self.order.pop(0)]
                    def __delitem__(self, key):
                        del self.values_[key]
                        self.order.remove(key)
                    def __iter__(self): return iter(list(self.order))
                    def __len__(self): return len(self.order)
                    def __contains__(self, key): return key in self.values_
            """,
            "UserDict": """
                from collections import UserDict
                class Cache(UserDict):
                    def __init__(self, size):
                        self.size = size
                        super().__init__()
                    def __getitem__(self, key):
                        self.data[key] = self.data.pop(key)
                        return self.data[key]
                    def __setitem__(self, key, value):
                        self.data[key] = value
                        for old in list(self.data)[: max(0, len(self.data) - self.size)]:
                            del self.data[old]
            """,
        },
        wrong={
            "first in, first out": """
                class Cache(dict):
                    def __init__(self, size): self.size = size
                    def __setitem__(self, key, value):
                        super().__setitem__(key, value)
                        if len(self) > self.size:
                            del self[next(iter(self))]
            """,
            "keeps all": "class Cache(dict):\n    def __init__(self, size): self.size = size",
        },
    ),
    Exercise(
        "headers",
        """
        from collections.abc import Mapping
        headers = Headers({"Content-Type": "text"})
        assert headers["content-type"] == "text" and "CONTENT-TYPE" in headers
        headers["Accept"] = "*"
        assert len(headers) == 2 and headers.get("nothing") is None
        ### BEGIN HIDDEN TESTS
        headers["ACCEPT"] = "json"
        assert len(headers) == 2 and headers["accept"] == "json"
        assert isinstance(headers, Mapping)
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                class Headers(dict):
                    def __init__(self, given=()):
                        super().__init__()
                        for key, value in dict(given).items():
                            self[key] = value
                    def __getitem__(self, key): return super().__getitem__(key.lower())
                    def __setitem__(self, key, value): super().__setitem__(key.lower(), value)
                    def __contains__(self, key): return super().__contains__(key.lower())
                    def get(self, key, default=None): return super().get(key.lower(), default)
            """,
            "UserDict": """
                from collections import UserDict
                class Headers(UserDict):
                    def __getitem__(self, key): return self.data[key.casefold()]
                    def __setitem__(self, key, value): self.data[key.casefold()] = value
                    def __contains__(self, key): return key.casefold() in self.data
            """,
            "MutableMapping": """
                from collections.abc import MutableMapping
                class Headers(MutableMapping):
                    def __init__(self, given): self.rows = [(k.lower(), v) for k, v in given.items()]
                    def __getitem__(self, key):
                        for known, value in self.rows:
                            if known == key.lower():
                                return value
                        raise KeyError(key)
                    def __setitem__(self, key, value):
                        self.rows = [row for row in self.rows if row[0] != key.lower()] + [(key.lower(), value)]
                    def __delitem__(self, key): self.rows = [row for row in self.rows if row[0] != key.lower()]
                    def __iter__(self): return (key for key, _ in self.rows)
                    def __len__(self): return len(self.rows)
            """,
        },
        wrong={
            "plain dictionary": "Headers = dict",
            "two of a name": """
                class Headers(dict):
                    def _key(self, key): return next((k for k in self if k.lower() == key.lower()), key)
                    def __getitem__(self, key): return super().__getitem__(self._key(key))
                    def __contains__(self, key): return super().__contains__(self._key(key))
            """,
        },
    ),
    Exercise(
        "polynomial",
        """
        p = Polynomial([1, 0, 2])
        assert p(0) == 1 and p(3) == 19, "1 + 2 x^2"
        assert p[2] == 2 and len(p) == 3
        ### BEGIN HIDDEN TESTS
        assert [p(x) for x in (-1, 1)] == [3, 3]
        assert list(map(p, range(3))) == [1, 3, 9]
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                class Polynomial:
                    def __init__(self, parts): self.parts = parts
                    def __call__(self, x): return sum(c * x**k for k, c in enumerate(self.parts))
                    def __getitem__(self, k): return self.parts[k]
                    def __len__(self): return len(self.parts)
            """,
            "subclass of list": """
                from functools import reduce
                class Polynomial(list):
                    def __call__(self, x): return reduce(lambda value, c: value * x + c, reversed(self), 0)
            """,
            "numpy": """
                import numpy as np
                class Polynomial(np.polynomial.Polynomial):
                    def __getitem__(self, k): return self.coef[k]
            """,
            "sympy": """
                import sympy
                class Polynomial:
                    x = sympy.Symbol("x")
                    def __init__(self, parts):
                        self.parts = tuple(map(sympy.Integer, parts))
                        self.whole = sum(c * self.x**k for k, c in enumerate(self.parts))
                    def __call__(self, x): return self.whole.subs(self.x, x)
                    def __getitem__(self, k): return self.parts[k]
                    def __len__(self): return len(self.parts)
            """,
        },
        wrong={
            "order turned": """
                import numpy as np
                class Polynomial(list):
                    def __call__(self, x): return np.polyval(list(self), x)
            """,
            "degree for length": """
                class Polynomial:
                    def __init__(self, parts): self.parts = parts
                    def __call__(self, x): return sum(c * x**k for k, c in enumerate(self.parts))
                    def __getitem__(self, k): return self.parts[k]
                    def __len__(self): return len(self.parts) - 1
            """,
        },
    ),
    Exercise(
        "sealed_pair",
        """
        pair = SealedPair(1, 2)
        assert pair.left == 1 and pair.right == 2
        for name in ("left", "middle"):
            try:
                setattr(pair, name, 9)
            except AttributeError:
                continue
            raise AssertionError(f"{name} was set")
        assert pair.left == 1
        """,
        right={
            "plain": """
                class SealedPair:
                    __slots__ = ("_both",)
                    def __init__(self, left, right): object.__setattr__(self, "_both", (left, right))
                    @property
                    def left(self): return self._both[0]
                    @property
                    def right(self): return self._both[1]
            """,
            "frozen dataclass": """
                from dataclasses import dataclass
                @dataclass(frozen=True)
                class SealedPair:
                    left: int
                    right: int
            """,
            "namedtuple": """
                from collections import namedtuple
                SealedPair = namedtuple('SealedPair', ['left', 'right'])
            """,
            "__setattr__": """
                class SealedPair:
                    def __init__(self, left, right): self.__dict__.update(left=left, right=right)
                    def __setattr__(self, name, value): raise AttributeError(f"{name} cannot be set")
            """,
        },
        wrong={
            "open": "class SealedPair:\n    def __init__(self, left, right): self.left, self.right = left, right",
            "slots alone": """
                class SealedPair:
                    __slots__ = ("left", "right")
                    def __init__(self, left, right): self.left, self.right = left, right
            """,
        },
    ),
    Exercise(
        "colour",
        """
        assert Colour.RED.name == "RED" and Colour(2) is Colour.GREEN
        assert Colour["BLUE"].value == 3
        assert len(Colour) == 3 and [one.name for one in Colour] == ["RED", "GREEN", "BLUE"]
        ### BEGIN HIDDEN TESTS
        try:
            Colour(4)
        except ValueError:
            pass
        else:
            raise AssertionError("there is no fourth colour")
        assert isinstance(Colour.RED, Colour)
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "from enum import Enum\nclass Colour(Enum):\n    RED = 1\n    GREEN = 2\n    BLUE = 3",
            "integers": "import enum\nclass Colour(enum.IntEnum):\n    RED, GREEN, BLUE = range(1, 4)",
            "functional": "from enum import Enum\nColour = Enum('Colour', 'RED GREEN BLUE')",
            "automatic, with a method": """
                from enum import Enum, auto, unique
                @unique
                class Colour(Enum):
                    RED = auto()
                    GREEN = auto()
                    BLUE = auto()
                    def mixed(self, other): return {self, other}
            """,
        },
        wrong={
            "constants": "class Colour:\n    RED = 1\n    GREEN = 2\n    BLUE = 3",
            "from 0": "from enum import Enum\nColour = Enum('Colour', 'RED GREEN BLUE', start=0)",
        },
    ),
)
