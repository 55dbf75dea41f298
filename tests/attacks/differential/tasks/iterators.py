"""Exercises about going through things: iterators, generators, lazy and repeatable, how much is taken."""

from tests.attacks.differential.model import Exercise

ITERATORS = (
    Exercise(
        "collatz",
        """
        assert list(collatz(6)) == [6, 3, 10, 5, 16, 8, 4, 2, 1]
        ### BEGIN HIDDEN TESTS
        assert list(collatz(1)) == [1]
        assert max(collatz(27)) == 9232 and len(list(collatz(27))) == 112
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def collatz(n):
                    steps = [n]
                    while n != 1:
                        n = n // 2 if n % 2 == 0 else 3 * n + 1
                        steps.append(n)
                    return steps
            """,
            "generator": """
                def collatz(n):
                    yield n
                    if n != 1:
                        yield from collatz(n // 2 if n % 2 == 0 else 3 * n + 1)
            """,
            "class with __iter__": """
                class collatz:
                    def __init__(self, n): self.n = n
                    def __iter__(self):
                        n = self.n
                        while n > 1:
                            yield n
                            n = 3 * n + 1 if n % 2 else n // 2
                        yield 1
            """,
            "deque": """
                from collections import deque
                def collatz(n):
                    steps = deque([n])
                    while steps[-1] != 1:
                        last = steps[-1]
                        steps.append(3 * last + 1 if last % 2 else last // 2)
                    return steps
            """,
            "array of numpy": """
                import numpy as np
                def collatz(n):
                    steps = [n]
                    while steps[-1] != 1:
                        steps.append(steps[-1] // 2 if steps[-1] % 2 == 0 else 3 * steps[-1] + 1)
                    return np.array(steps)
            """,
        },
        wrong={
            "without the 1": """
                def collatz(n):
                    while n != 1:
                        yield n
                        n = 3 * n + 1 if n % 2 else n // 2
            """,
            "without the start": """
                def collatz(n):
                    steps = []
                    while n != 1:
                        n = 3 * n + 1 if n % 2 else n // 2
                        steps.append(n)
                    return steps
            """,
        },
    ),
    Exercise(
        "largest",
        """
        heap = [5, 1, 9, 7]
        assert list(largest(heap, 2)) == [9, 7]
        assert heap == [5, 1, 9, 7], "the argument is not changed"
        ### BEGIN HIDDEN TESTS
        words = largest(["aa", "b", "ccc"], 1, key=len)
        assert next(iter(words)) == "ccc"
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def largest(values, n, key=None): return sorted(values, key=key, reverse=True)[:n]",
            "heapq": "import heapq\ndef largest(values, n, key=None): return heapq.nlargest(n, values, key)",
            "generator": """
                def largest(values, n, key=None):
                    left = list(values)
                    for _ in range(n):
                        best = max(left, key=key)
                        left.remove(best)
                        yield best
            """,
            "tuple": """
                def largest(values, n, *, key=lambda one: one):
                    order = sorted(range(len(values)), key=lambda k: key(values[k]))
                    return tuple(values[k] for k in order[:-n - 1:-1])
            """,
            "slice of an iterator": """
                from itertools import islice
                def largest(values, n, key=None): return islice(reversed(sorted(values, key=key)), n)
            """,
        },
        wrong={
            "sorts the argument": """
                def largest(values, n, key=None):
                    values.sort(key=key, reverse=True)
                    return values[:n]
            """,
            "smallest": "import heapq\ndef largest(values, n, key=None): return heapq.nsmallest(n, values, key)",
        },
    ),
    Exercise(
        "flattened",
        """
        assert list(flattened([1, [2, [3, [4]]], []])) == [1, 2, 3, 4]
        ### BEGIN HIDDEN TESTS
        assert sum(flattened([[1, 2], [[3]]])) == 6
        assert "".join(flattened([["a"], "b"])) == "ab"
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def flattened(values):
                    found = []
                    for value in values:
                        found += flattened(value) if isinstance(value, list) else [value]
                    return found
            """,
            "generator": """
                def flattened(values):
                    for value in values:
                        if isinstance(value, list):
                            yield from flattened(value)
                        else:
                            yield value
            """,
            "stack": """
                def flattened(values):
                    left, found = [values], []
                    while left:
                        value = left.pop()
                        if isinstance(value, list):
                            left.extend(reversed(value))
                        else:
                            found.append(value)
                    return found
            """,
            "iterator class": """
                class flattened:
                    def __init__(self, values): self.left = list(values)
                    def __iter__(self): return self
                    def __next__(self):
                        while self.left:
                            value = self.left.pop(0)
                            if not isinstance(value, list):
                                return value
                            self.left[:0] = value
                        raise StopIteration
            """,
            "chain": """
                from itertools import chain
                def flattened(values):
                    return chain.from_iterable(flattened(v) if isinstance(v, list) else (v,) for v in values)
            """,
        },
        wrong={
            "one level": """
                def flattened(values):
                    return [one for value in values for one in (value if isinstance(value, list) else [value])]
            """,
            "keeps lists": "def flattened(values): return values",
        },
    ),
    Exercise(
        "fibonacci",
        """
        numbers = fibonacci()
        assert next(numbers) == 0
        assert [next(numbers) for _ in range(5)] == [1, 1, 2, 3, 5]
        assert list(itertools.islice(fibonacci(), 3)) == [0, 1, 1]
        ### BEGIN HIDDEN TESTS
        assert iter(numbers) is numbers
        assert next(n for n in fibonacci() if n > 100) == 144
        assert dict(zip("ab", fibonacci())) == {"a": 0, "b": 1}
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def fibonacci():
                    a, b = 0, 1
                    while True:
                        yield a
                        a, b = b, a + b
            """,
            "iterator class": """
                class fibonacci:
                    def __init__(self): self.pair = 0, 1
                    def __iter__(self): return self
                    def __next__(self):
                        a, b = self.pair
                        self.pair = b, a + b
                        return a
            """,
            "accumulate": """
                import itertools
                def fibonacci():
                    pairs = itertools.accumulate(itertools.repeat((0, 1)), lambda pair, _: (pair[1], sum(pair)))
                    return (a for a, _ in pairs)
            """,
            "map": """
                import itertools
                def fibonacci():
                    def nth(n):
                        a, b = 0, 1
                        for _ in range(n):
                            a, b = b, a + b
                        return a
                    return map(nth, itertools.count())
            """,
            "call until": """
                def fibonacci():
                    pair = [0, 1]
                    def step():
                        pair[:] = pair[1], sum(pair)
                        return pair[1] - pair[0]
                    return iter(step, -1)
            """,
        },
        wrong={
            "list": "def fibonacci():\n    a = [0, 1]\n    while len(a) < 99: a.append(a[-1] + a[-2])\n    return a",
            "shared": "import itertools\n_all = itertools.count()\ndef fibonacci(): return _all",
        },
    ),
    Exercise(
        "countdown",
        """
        import types
        steps = countdown(3)
        assert isinstance(steps, types.GeneratorType), "use yield"
        assert list(steps) == [3, 2, 1]
        assert list(steps) == [], "a generator is used up"
        """,
        right={
            "plain": "def countdown(n):\n    while n:\n        yield n\n        n -= 1",
            "expression": "def countdown(n): return (k for k in range(n, 0, -1))",
            "recursive": "def countdown(n):\n    if n:\n        yield n\n        yield from countdown(n - 1)",
            "method": """
                class Rocket:
                    def start(self, n):
                        for k in reversed(range(1, n + 1)):
                            yield k
                countdown = Rocket().start
            """,
        },
        wrong={
            "iterator": "def countdown(n): return iter(range(n, 0, -1))",
            "list": "def countdown(n): return list(range(n, 0, -1))",
        },
    ),
    Exercise(
        "took",
        """
        source = iter([1, 2, 3, 4, 5])
        assert list(took(source, 2)) == [1, 2]
        assert list(source) == [3, 4, 5], "not one item more is taken"
        ### BEGIN HIDDEN TESTS
        assert list(took(iter("ab"), 5)) == ["a", "b"]
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def took(source, n):
                    found = []
                    while len(found) < n:
                        try:
                            found.append(next(source))
                        except StopIteration:
                            break
                    return found
            """,
            "alias of islice": "from itertools import islice as took",
            "zip": "def took(source, n): return [one for _, one in zip(range(n), source)]",
            "generator": """
                def took(source, n):
                    END = object()
                    for _ in range(n):
                        one = next(source, END)
                        if one is END:
                            return
                        yield one
            """,
        },
        wrong={
            "all": "def took(source, n): return list(source)[:n]",
            "one more": "def took(source, n): return [one for one, _ in zip(source, range(n))]",
        },
    ),
    Exercise(
        "steps",
        """
        steps = Steps(3)
        assert [one for one in steps] == [3, 2, 1]
        assert list(steps) == [3, 2, 1], "it can be gone through again"
        ### BEGIN HIDDEN TESTS
        assert max(steps) == 3 and sum(Steps(4)) == 10
        assert [(a, b) for a in Steps(2) for b in Steps(1)] == [(2, 1), (1, 1)]
        a, b = Steps(2)
        assert (a, b) == (2, 1) and 2 in Steps(5)
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                class Steps:
                    def __init__(self, n): self.n = n
                    def __iter__(self):
                        for k in range(self.n, 0, -1):
                            yield k
            """,
            "__getitem__": """
                class Steps:
                    def __init__(self, n): self.n = n
                    def __getitem__(self, place):
                        if place >= self.n:
                            raise IndexError(place)
                        return self.n - place
            """,
            "Sequence": """
                from collections.abc import Sequence
                class Steps(Sequence):
                    def __init__(self, n): self.range = range(n, 0, -1)
                    def __len__(self): return len(self.range)
                    def __getitem__(self, place): return self.range[place]
            """,
            "returns a range": "def Steps(n): return range(n, 0, -1)",
            "subclass of list": "class Steps(list):\n    def __init__(self, n): super().__init__(range(n, 0, -1))",
        },
        wrong={
            "used up": "class Steps:\n    def __new__(cls, n): return iter(range(n, 0, -1))",
            "its own iterator": """
                class Steps:
                    def __init__(self, n): self.n = n
                    def __iter__(self): return self
                    def __next__(self):
                        if self.n == 0:
                            raise StopIteration
                        self.n -= 1
                        return self.n + 1
            """,
        },
    ),
)
