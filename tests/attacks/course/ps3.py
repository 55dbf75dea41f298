"""Problem set 3: objects. A class, a generator, a closure, printing, changing in place; tests that share a variable."""

from tests.attacks.course import Assignment, Task

SETUP = """\
import contextlib
import io
"""

STACK = Task(
    "stack",
    2,
    '''
class Stack:
    """Last in, first out; `len` counts, `pop` of an empty one raises IndexError."""
    ### BEGIN SOLUTION
    def __init__(self):
        self.items = []

    def push(self, item):
        self.items.append(item)

    def pop(self):
        return self.items.pop()

    def __len__(self):
        return len(self.items)
    ### END SOLUTION
''',
    """
stack = Stack()
for item in "abc":
    stack.push(item)
assert len(stack) == 3
assert stack.pop() == "c"
### BEGIN HIDDEN TESTS
try:
    Stack().pop()
    raise AssertionError("an empty stack gave something")
except IndexError:
    pass
### END HIDDEN TESTS
""",
    {
        "queue": (
            "class Stack:\n    def __init__(self):\n        self.items = []\n    def push(self, item):\n"
            "        self.items.append(item)\n    def pop(self):\n        return self.items.pop(0)\n"
            "    def __len__(self):\n        return len(self.items)",
            0,
        ),
    },
)

DRAIN = Task(
    "drain",
    2,
    '''
def drain(stack):
    """Everything on the stack, top first; the stack is empty afterwards."""
    ### BEGIN SOLUTION
    return [stack.pop() for _ in range(len(stack))]
    ### END SOLUTION
''',
    """
# The stack of the test before this one still holds two.
assert drain(stack) == ["b", "a"]
assert len(stack) == 0
""",
    {"top": ("def drain(stack):\n    return [stack.pop()]", 0)},
)

COUNTDOWN = Task(
    "countdown",
    1,
    '''
def countdown(n):
    """A generator of n, n - 1, ... 1."""
    ### BEGIN SOLUTION
    while n > 0:
        yield n
        n -= 1
    ### END SOLUTION
''',
    """
steps = countdown(3)
assert next(steps) == 3
assert list(steps) == [2, 1]
assert list(countdown(0)) == []
""",
    {"list": ("def countdown(n):\n    return list(range(n, 0, -1))", 0), "zero": ("def countdown(n):\n    yield 0", 0)},
)

COUNTER = Task(
    "counter",
    1,
    '''
def make_counter():
    """A function that returns 1, then 2, then 3, ..."""
    ### BEGIN SOLUTION
    count = 0

    def counter():
        nonlocal count
        count += 1
        return count

    return counter
    ### END SOLUTION
''',
    """
first, second = make_counter(), make_counter()
assert [first(), first(), first()] == [1, 2, 3]
assert second() == 1, "two counters count together"
""",
    {
        "shared": (
            "_count = 0\ndef make_counter():\n    def counter():\n        global _count\n        _count += 1\n"
            "        return _count\n    return counter",
            0,
        ),
    },
)

GREET = Task(
    "greet",
    2,
    '''
def greet(names):
    """Print a line "Hello, NAME" for each name."""
    ### BEGIN SOLUTION
    for name in names:
        print(f"Hello, {name}")
    ### END SOLUTION
''',
    """
with contextlib.redirect_stdout(io.StringIO()) as printed:
    result = greet(["Ada", "Bob"])
points = 0
points += printed.getvalue() == "Hello, Ada\\nHello, Bob\\n"
### BEGIN HIDDEN TESTS
points += result is None
### END HIDDEN TESTS
float(points)
""",
    {
        "returns": ('def greet(names):\n    return "\\n".join(f"Hello, {name}" for name in names)', 0),
        "both": ('def greet(names):\n    for name in names:\n        print(f"Hello, {name}")\n    return names', 1),
    },
)

SORT = Task(
    "sort",
    2,
    '''
def sort_in_place(items):
    """Sort the list itself; return nothing."""
    ### BEGIN SOLUTION
    items.sort()
    ### END SOLUTION
''',
    """
items = [3, 1, 2]
assert sort_in_place(items) is None
assert items == [1, 2, 3]
""",
    {"copy": ("def sort_in_place(items):\n    return sorted(items)", 0)},
)

PS3 = Assignment("ps3", SETUP, (STACK, DRAIN, COUNTDOWN, COUNTER, GREET, SORT))
