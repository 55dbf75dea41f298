"""Exercises about exceptions: their classes, what they carry, what causes them, what happens after them."""

from tests.attacks.differential.model import Exercise

ERRORS = (
    Exercise(
        "parse_age",
        """
        case = unittest.TestCase()
        case.assertEqual(parse_age("42"), 42)
        case.assertRaises(ValueError, parse_age, "-1")
        with case.assertRaises(ValueError):
            parse_age("old")
        ### BEGIN HIDDEN TESTS
        with case.assertRaisesRegex(ValueError, "200"):
            parse_age("200")
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def parse_age(text):
                    age = int(text)
                    if not 0 <= age < 150:
                        raise ValueError(f"no age: {text}")
                    return age
            """,
            "subclass of ValueError": """
                class NoAge(ValueError):
                    def __init__(self, text):
                        super().__init__(f"{text} is no age")
                        self.text = text
                def parse_age(text):
                    if not text.isdigit() or int(text) > 149:
                        raise NoAge(text)
                    return int(text)
            """,
            "raised from another": """
                def parse_age(text):
                    try:
                        return list(range(150))[abs(int(text)) if int(text) >= 0 else 999]
                    except IndexError as error:
                        raise ValueError("not " + text) from error
            """,
            "numpy integer": """
                import numpy as np
                def parse_age(text):
                    age = np.int32(text)
                    if age < 0 or age > 149:
                        raise ValueError(text)
                    return age
            """,
        },
        wrong={
            "None": "def parse_age(text):\n    return int(text) if text.isdigit() and int(text) < 150 else None",
            "another exception": """
                def parse_age(text):
                    assert text.isdigit() and int(text) < 150, text
                    return int(text)
            """,
        },
    ),
    Exercise(
        "overdraft",
        """
        try:
            withdraw(10, 25)
        except Overdraft as error:
            assert error.missing == 15
            assert "15" in str(error)
        else:
            raise AssertionError("nothing was raised")
        assert withdraw(10, 4) == 6
        ### BEGIN HIDDEN TESTS
        assert issubclass(Overdraft, Exception) and not issubclass(Overdraft, ArithmeticError)
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                class Overdraft(Exception):
                    def __init__(self, missing):
                        super().__init__(f"{missing} missing")
                        self.missing = missing
                def withdraw(balance, amount):
                    if amount > balance:
                        raise Overdraft(amount - balance)
                    return balance - amount
            """,
            "property": """
                class Overdraft(ValueError):
                    @property
                    def missing(self):
                        return self.args[0]
                def withdraw(balance, amount):
                    if balance < amount:
                        raise Overdraft(amount - balance)
                    return balance - amount
            """,
            "dataclass": """
                from dataclasses import dataclass
                @dataclass
                class Overdraft(Exception):
                    missing: float
                    def __str__(self):
                        return f"short of {self.missing}"
                def withdraw(balance, amount):
                    if balance >= amount:
                        return balance - amount
                    raise Overdraft(missing=amount - balance)
            """,
            "attribute set later": """
                class Overdraft(RuntimeError):
                    pass
                def withdraw(balance, amount):
                    rest = balance - amount
                    if rest < 0:
                        error = Overdraft("missing: %d" % -rest)
                        error.missing = -rest
                        raise error
                    return rest
            """,
        },
        wrong={
            "no attribute": """
                class Overdraft(Exception):
                    pass
                def withdraw(balance, amount):
                    if amount > balance:
                        raise Overdraft(f"{amount - balance} missing")
                    return balance - amount
            """,
            "another class": """
                class Overdraft(Exception):
                    missing = 15
                def withdraw(balance, amount):
                    if amount > balance:
                        raise ValueError(f"{amount - balance} missing")
                    return balance - amount
            """,
        },
    ),
    Exercise(
        "load_setting",
        """
        try:
            load_setting({}, "rate")
        except LookupError as error:
            assert isinstance(error.__cause__, KeyError)
        else:
            assert False, "a missing setting raises LookupError"
        assert load_setting({"rate": 0.5}, "rate") == 0.5
        """,
        right={
            "plain": """
                def load_setting(settings, name):
                    try:
                        return settings[name]
                    except KeyError as error:
                        raise LookupError(name) from error
            """,
            "own class": """
                class Missing(LookupError):
                    pass
                def load_setting(settings, name):
                    if name in settings:
                        return settings[name]
                    raise Missing(f"no {name}") from KeyError(name)
            """,
            "cause set by hand": """
                def load_setting(settings, name):
                    try:
                        return settings.__getitem__(name)
                    except KeyError as error:
                        raised = LookupError(f"{name} is missing")
                        raised.__cause__ = error
                    raise raised
            """,
            "key error of a key error": """
                def load_setting(settings, name):
                    try:
                        return settings[name]
                    except KeyError as error:
                        raise KeyError(name) from error
            """,
        },
        wrong={
            "without cause": """
                def load_setting(settings, name):
                    if name not in settings:
                        raise LookupError(name)
                    return settings[name]
            """,
            "cause hidden": """
                def load_setting(settings, name):
                    try:
                        return settings[name]
                    except KeyError:
                        raise LookupError(name) from None
            """,
        },
    ),
    Exercise(
        "retried",
        """
        attempts = []

        def flaky(limit):
            attempts.append(limit)
            if len(attempts) < limit:
                raise ConnectionError(f"attempt {len(attempts)}")
            return "done"

        assert retried(flaky, 3, 5) == "done" and len(attempts) == 3
        attempts.clear()
        try:
            retried(flaky, 9, 2)
        except ConnectionError as error:
            assert "attempt 2" in str(error)
        else:
            raise AssertionError("the last error is raised")
        ### BEGIN HIDDEN TESTS
        try:
            retried(lambda n: 1 / n, 0, 5)
        except ZeroDivisionError:
            pass
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def retried(function, argument, times):
                    for left in range(times - 1, -1, -1):
                        try:
                            return function(argument)
                        except ConnectionError:
                            if not left:
                                raise
            """,
            "recursive": """
                def retried(function, argument, times):
                    try:
                        return function(argument)
                    except OSError:
                        if times <= 1:
                            raise
                    return retried(function, argument, times - 1)
            """,
            "error kept": """
                def retried(function, argument, times):
                    last = None
                    while times:
                        times -= 1
                        try:
                            return function(argument)
                        except Exception as error:
                            last = error
                    raise last
            """,
            "a future": """
                from concurrent.futures import ThreadPoolExecutor
                def retried(function, argument, times):
                    with ThreadPoolExecutor(1) as pool:
                        for n in range(times):
                            future = pool.submit(function, argument)
                            if future.exception() is None:
                                break
                    return future.result()
            """,
        },
        wrong={
            "one time too many": """
                def retried(function, argument, times):
                    for _ in range(times):
                        try:
                            return function(argument)
                        except ConnectionError:
                            pass
                    return function(argument)
            """,
            "error swallowed": """
                def retried(function, argument, times):
                    for _ in range(times):
                        try:
                            return function(argument)
                        except Exception:
                            pass
            """,
        },
    ),
    Exercise(
        "swapped",
        """
        table = {"rate": 1}
        with swapped(table, "rate", 5) as inside:
            assert table["rate"] == 5
        assert table == {"rate": 1}
        try:
            with swapped(table, "rate", 7):
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        assert table["rate"] == 1, "the old value comes back after an error too"
        """,
        right={
            "plain": """
                class swapped:
                    def __init__(self, table, key, value): self.table, self.key, self.value = table, key, value
                    def __enter__(self):
                        self.old, self.table[self.key] = self.table[self.key], self.value
                        return self
                    def __exit__(self, *error): self.table[self.key] = self.old
            """,
            "contextmanager": """
                from contextlib import contextmanager
                @contextmanager
                def swapped(table, key, value):
                    old = table[key]
                    table[key] = value
                    try:
                        yield table
                    finally:
                        table[key] = old
            """,
            "exit stack": """
                from contextlib import ExitStack
                def swapped(table, key, value):
                    stack = ExitStack()
                    stack.callback(table.__setitem__, key, table[key])
                    table[key] = value
                    return stack
            """,
            "mock.patch.dict": """
                from unittest import mock
                def swapped(table, key, value): return mock.patch.dict(table, {key: value})
            """,
        },
        wrong={
            "not after an error": """
                from contextlib import contextmanager
                @contextmanager
                def swapped(table, key, value):
                    old, table[key] = table[key], value
                    yield
                    table[key] = old
            """,
            "swallows errors and keeps": """
                class swapped:
                    def __init__(self, table, key, value): table[key] = value
                    def __enter__(self): return self
                    def __exit__(self, *error): return True
            """,
        },
    ),
)
