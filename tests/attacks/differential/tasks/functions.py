"""Exercises about functions: closures, decorators, signatures, callbacks, threads, questions to the user."""

from tests.attacks.differential.model import Exercise

FUNCTIONS = (
    Exercise(
        "make_counter",
        """
        count, other = make_counter(), make_counter()
        assert [count(), count(), count()] == [1, 2, 3]
        assert other() == 1, "counters do not share their state"
        assert callable(count)
        """,
        right={
            "plain": """
                def make_counter():
                    n = 0
                    def count():
                        nonlocal n
                        n += 1
                        return n
                    return count
            """,
            "method of an iterator": "import itertools\ndef make_counter(): return itertools.count(1).__next__",
            "class with __call__": """
                class make_counter:
                    n = 0
                    def __call__(self):
                        self.n += 1
                        return self.n
            """,
            "partial of next": """
                from functools import partial
                def make_counter(): return partial(next, iter(range(1, 10**9)))
            """,
            "mutable default": """
                def make_counter():
                    def count(seen=[]):
                        seen.append(None)
                        return len(seen)
                    return count
            """,
        },
        wrong={
            "shared": """
                N = [0]
                def make_counter():
                    def count():
                        N[0] += 1
                        return N[0]
                    return count
            """,
            "starts with 0": "import itertools\ndef make_counter(): return itertools.count().__next__",
        },
    ),
    Exercise(
        "shouted",
        """
        @shouted
        def greet(name, mark="!"):
            \"\"\"Greets a person.\"\"\"
            return f"hello {name}{mark}"

        assert greet("ada") == "HELLO ADA!"
        assert greet("bob", mark="?") == "HELLO BOB?"
        ### BEGIN HIDDEN TESTS
        assert greet.__name__ == "greet" and greet.__doc__ == "Greets a person."
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                from functools import wraps
                def shouted(function):
                    @wraps(function)
                    def wrapper(*args, **kwargs):
                        return function(*args, **kwargs).upper()
                    return wrapper
            """,
            "class": """
                import functools
                class shouted:
                    def __init__(self, function):
                        self.function = function
                        functools.update_wrapper(self, function)
                    def __call__(self, *args, **kwargs):
                        return self.function(*args, **kwargs).upper()
            """,
            "names set by hand": """
                def shouted(function):
                    loud = lambda *args, **kwargs: str.upper(function(*args, **kwargs))
                    loud.__name__, loud.__doc__ = function.__name__, function.__doc__
                    return loud
            """,
            "update_wrapper of a lambda": """
                from functools import update_wrapper
                shouted = lambda f: update_wrapper(lambda *a, **k: f(*a, **k).upper(), f)
            """,
        },
        wrong={
            "name lost": "def shouted(f):\n    def wrapper(*a, **k): return f(*a, **k).upper()\n    return wrapper",
            "nothing returned": """
                from functools import wraps
                def shouted(function):
                    @wraps(function)
                    def wrapper(*args, **kwargs): function(*args, **kwargs).upper()
                    return wrapper
            """,
        },
    ),
    Exercise(
        "memoised",
        """
        calls = []

        def slow_square(n):
            calls.append(n)
            return n * n

        fast = memoised(slow_square)
        assert [fast(3), fast(3), fast(4), fast(3)] == [9, 9, 16, 9]
        assert calls == [3, 4], "each argument is computed once"
        """,
        right={
            "plain": """
                def memoised(function):
                    known = {}
                    def wrapper(n):
                        if n not in known:
                            known[n] = function(n)
                        return known[n]
                    return wrapper
            """,
            "alias of functools.cache": "from functools import cache as memoised",
            "lru_cache": "import functools\nmemoised = functools.lru_cache(maxsize=None)",
            "dictionary": """
                def memoised(function):
                    class Known(dict):
                        def __missing__(self, n):
                            self[n] = function(n)
                            return self[n]
                    return Known().__getitem__
            """,
            "class": """
                class memoised:
                    def __init__(self, function): self.function, self.known = function, {}
                    def __call__(self, *key):
                        try:
                            return self.known[key]
                        except KeyError:
                            return self.known.setdefault(key, self.function(*key))
            """,
        },
        wrong={
            "not kept": "def memoised(function):\n    def wrapper(n): return function(n)\n    return wrapper",
            "last one only": """
                def memoised(function):
                    last = {}
                    def wrapper(n):
                        if n not in last:
                            last.clear()
                            last[n] = function(n)
                        return last[n]
                    return wrapper
            """,
        },
    ),
    Exercise(
        "composed",
        """
        add_one = lambda x: x + 1
        assert composed(add_one, lambda x: 10 * x)(2) == 21, "the last one is applied first"
        assert composed(str.strip, str.lower)("  A ") == "a"
        ### BEGIN HIDDEN TESTS
        assert composed()(5) == 5
        assert composed(sum, sorted, list)({3, 4}) == 7
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def composed(*functions):
                    def whole(x):
                        for function in reversed(functions):
                            x = function(x)
                        return x
                    return whole
            """,
            "reduce": """
                from functools import reduce
                composed = lambda *functions: reduce(lambda f, g: lambda x: f(g(x)), functions, lambda x: x)
            """,
            "recursive": """
                def composed(*functions):
                    if not functions:
                        return lambda x: x
                    return lambda x: functions[0](composed(*functions[1:])(x))
            """,
            "class": """
                class composed(tuple):
                    def __new__(cls, *functions): return super().__new__(cls, functions)
                    def __call__(self, x):
                        for function in self[::-1]:
                            x = function(x)
                        return x
            """,
        },
        wrong={
            "first one first": """
                def composed(*functions):
                    def whole(x):
                        for function in functions:
                            x = function(x)
                        return x
                    return whole
            """,
            "called at once": "def composed(*functions): return functions[0](functions[-1])",
        },
    ),
    Exercise(
        "box_area",
        """
        assert box_area(width=2, height=3) == 6
        assert box_area(width=2) == 2
        try:
            box_area(2, 3)
        except TypeError:
            pass
        else:
            raise AssertionError("sides are named")
        ### BEGIN HIDDEN TESTS
        import inspect
        parameters = inspect.signature(box_area).parameters
        assert list(parameters) == ["width", "height"] and parameters["height"].default == 1
        assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in parameters.values())
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def box_area(*, width, height=1): return width * height",
            "lambda": "box_area = lambda *, width, height=1: width * height",
            "method": """
                class Box:
                    def area(self, *, width: float, height: float = 1) -> float: return width * height
                box_area = Box().area
            """,
            "wrapped": """
                import functools
                def logged(function):
                    @functools.wraps(function)
                    def wrapper(*args, **kwargs): return function(*args, **kwargs)
                    return wrapper
                @logged
                def box_area(*, width, height=1): return width * height
            """,
        },
        wrong={
            "by place": "def box_area(width, height=1): return width * height",
            "any names": """
                def box_area(**sides):
                    return sides["width"] * sides.get("height", 1)
            """,
        },
    ),
    Exercise(
        "parallel_squares",
        """
        assert parallel_squares([1, 2, 3]) == [1, 4, 9]
        ### BEGIN HIDDEN TESTS
        assert parallel_squares([]) == []
        assert parallel_squares(range(50)) == [n * n for n in range(50)]
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                from concurrent.futures import ThreadPoolExecutor
                def parallel_squares(values):
                    with ThreadPoolExecutor(4) as pool:
                        return list(pool.map(lambda n: n * n, values))
            """,
            "threads": """
                import threading
                def parallel_squares(values):
                    values = list(values)
                    found = [None] * len(values)
                    def work(place): found[place] = values[place] ** 2
                    threads = [threading.Thread(target=work, args=(k,)) for k in range(len(values))]
                    for one in threads: one.start()
                    for one in threads: one.join()
                    return found
            """,
            "queue": """
                import queue
                import threading
                def parallel_squares(values):
                    todo, done = queue.Queue(), {}
                    def work():
                        for place, value in iter(todo.get, None):
                            done[place] = value * value
                    workers = [threading.Thread(target=work) for _ in range(2)]
                    for one in workers: one.start()
                    for pair in enumerate(values): todo.put(pair)
                    for _ in workers: todo.put(None)
                    for one in workers: one.join()
                    return [done[k] for k in sorted(done)]
            """,
            "event loop of a thread": """
                import asyncio
                from concurrent.futures import ThreadPoolExecutor
                async def _square(n): return n * n
                async def _all(values): return list(await asyncio.gather(*map(_square, values)))
                def parallel_squares(values):
                    with ThreadPoolExecutor(1) as pool:
                        return pool.submit(lambda: asyncio.run(_all(values))).result()
            """,
        },
        wrong={
            "map": "def parallel_squares(values): return map(lambda n: n * n, values)",
            "doubles": "def parallel_squares(values): return [n + n for n in values]",
        },
    ),
    Exercise(
        "asked_total",
        """
        from unittest import mock
        with mock.patch("builtins.input", side_effect=["3", "4.5", ""]):
            assert asked_total() == 7.5
        """,
        right={
            "plain": """
                def asked_total():
                    total = 0
                    while text := input("number: "):
                        total += float(text)
                    return total
            """,
            "iter": "def asked_total(): return sum(map(float, iter(input, '')))",
            "alias": """
                def asked_total(total=0.0):
                    text = input()
                    return asked_total(total + float(text)) if text else total
            """,
            "fraction": """
                from fractions import Fraction
                def asked_total(): return sum((Fraction(one) for one in iter(input, "")), Fraction())
            """,
        },
        wrong={
            "one number": "def asked_total(): return float(input())",
            "whole numbers": "def asked_total(): return sum(int(float(one)) for one in iter(input, ''))",
        },
    ),
    Exercise(
        "speak_to",
        """
        class Spy:
            def __init__(self):
                self.heard = []

            def send(self, text, *, times=1):
                self.heard += [text] * times
                return len(self.heard)

        spy = Spy()
        assert speak_to(spy) == 3
        assert spy.heard == ["hello", "hello", "bye"]
        """,
        right={
            "plain": "def speak_to(one):\n    one.send('hello', times=2)\n    return one.send('bye')",
            "getattr": """
                def speak_to(one):
                    send = getattr(one, "send")
                    return [send(text) for text in ("hello", "hello", "bye")][-1]
            """,
            "method caller": """
                from operator import methodcaller
                def speak_to(one):
                    methodcaller("send", "hello", times=2)(one)
                    methodcaller("send", "bye")(one)
                    return len(one.heard)
            """,
        },
        wrong={
            "once": "def speak_to(one):\n    one.send('hello')\n    return one.send('bye')",
            "says three": "def speak_to(one):\n    one.send('bye')\n    return 3",
        },
    ),
)
