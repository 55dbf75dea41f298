"""Exercises about classes: equality and order, operators, properties."""

from tests.attacks.differential.model import Exercise

CLASSES = (
    Exercise(
        "point",
        """
        assert Point(1, 2) == Point(1, 2)
        assert Point(1, 2) != Point(2, 1)
        assert len({Point(0, 0), Point(0, 0), Point(1, 0)}) == 2
        ### BEGIN HIDDEN TESTS
        p = Point(3, 4)
        assert (p.x, p.y) == (3, 4) and p in [Point(3, 4)]
        assert {p: "here"}[Point(3, 4)] == "here"
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                class Point:
                    def __init__(self, x, y): self.x, self.y = x, y
                    def __eq__(self, other): return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)
                    def __hash__(self): return hash((self.x, self.y))
            """,
            "frozen dataclass": """
                from dataclasses import dataclass
                @dataclass(frozen=True)
                class Point:
                    x: float
                    y: float
            """,
            "NamedTuple": """
                from typing import NamedTuple
                class Point(NamedTuple):
                    x: float
                    y: float = 0
                    def norm(self): return (self.x**2 + self.y**2) ** 0.5
            """,
            "complex number": """
                class Point(complex):
                    @property
                    def x(self): return self.real
                    @property
                    def y(self): return self.imag
            """,
            "attrs": """
                import attrs
                @attrs.frozen
                class Point:
                    x: float
                    y: float
            """,
        },
        wrong={
            "no equality": "class Point:\n    def __init__(self, x, y): self.x, self.y = x, y",
            "no hash": """
                from dataclasses import dataclass
                @dataclass
                class Point:
                    x: float
                    y: float
            """,
        },
    ),
    Exercise(
        "vector",
        """
        v = Vector(1, 2) + Vector(3, 4)
        assert (v.x, v.y) == (4, 6)
        assert (Vector(1, 2) * 3).y == 6 and (3 * Vector(1, 2)).x == 3
        assert abs(Vector(3, 4)) == 5
        ### BEGIN HIDDEN TESTS
        assert repr(Vector(1, 2)) == "Vector(1, 2)" and str(-Vector(1, 2)) == "Vector(-1, -2)"
        assert Vector(1, 2) == Vector(1, 2) and not Vector(1, 2) == Vector(0, 0)
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                class Vector:
                    def __init__(self, x, y): self.x, self.y = x, y
                    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)
                    def __mul__(self, n): return Vector(n * self.x, n * self.y)
                    __rmul__ = __mul__
                    def __neg__(self): return self * -1
                    def __abs__(self): return (self.x**2 + self.y**2) ** 0.5
                    def __eq__(self, other): return (self.x, self.y) == (other.x, other.y)
                    def __repr__(self): return f"Vector({self.x}, {self.y})"
            """,
            "dataclass": """
                import math
                from dataclasses import dataclass
                @dataclass(repr=False)
                class Vector:
                    x: float
                    y: float
                    def __add__(self, other): return type(self)(self.x + other.x, self.y + other.y)
                    def __mul__(self, n): return type(self)(self.x * n, self.y * n)
                    def __rmul__(self, n): return self * n
                    def __neg__(self): return -1 * self
                    def __abs__(self): return math.hypot(self.x, self.y)
                    def __repr__(self): return f"{type(self).__name__}({self.x}, {self.y})"
            """,
            "subclass of tuple": """
                class Vector(tuple):
                    def __new__(cls, x, y): return super().__new__(cls, (x, y))
                    x = property(lambda self: self[0])
                    y = property(lambda self: self[1])
                    def __add__(self, other): return Vector(*(a + b for a, b in zip(self, other)))
                    def __mul__(self, n): return Vector(*(n * one for one in self))
                    __rmul__ = __mul__
                    def __neg__(self): return Vector(*(-one for one in self))
                    def __abs__(self): return sum(one * one for one in self) ** 0.5
                    def __repr__(self): return "Vector" + super().__repr__()
            """,
            "numpy inside": """
                import numpy as np
                class Vector:
                    __array_ufunc__ = None
                    def __init__(self, x, y): self.parts = np.array([x, y])
                    def __getattr__(self, name):
                        if name in ("x", "y"):
                            return self.parts["xy".index(name)]
                        raise AttributeError(name)
                    def __add__(self, other): return Vector(*(self.parts + other.parts))
                    def __mul__(self, n): return Vector(*(n * self.parts))
                    __rmul__ = __mul__
                    def __neg__(self): return Vector(*-self.parts)
                    def __abs__(self): return np.linalg.norm(self.parts)
                    def __eq__(self, other): return (self.parts == other.parts).all()
                    def __repr__(self): return f"Vector({self.parts[0]}, {self.parts[1]})"
            """,
        },
        wrong={
            "only from the left": """
                class Vector:
                    def __init__(self, x, y): self.x, self.y = x, y
                    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)
                    def __mul__(self, n): return Vector(n * self.x, n * self.y)
                    def __neg__(self): return self * -1
                    def __abs__(self): return (self.x**2 + self.y**2) ** 0.5
                    def __eq__(self, other): return (self.x, self.y) == (other.x, other.y)
                    def __repr__(self): return f"Vector({self.x}, {self.y})"
            """,
            "lists added": """
                class Vector(list):
                    def __init__(self, x, y): super().__init__([x, y])
                    x = property(lambda self: self[0])
                    y = property(lambda self: self[1])
                    def __abs__(self): return (self.x**2 + self.y**2) ** 0.5
                    def __neg__(self): return Vector(-self.x, -self.y)
                    def __repr__(self): return f"Vector({self.x}, {self.y})"
            """,
        },
    ),
    Exercise(
        "version",
        """
        assert Version("1.10") > Version("1.9")
        assert [str(one) for one in sorted([Version("2.0"), Version("1.10"), Version("1.9")])] == ["1.9", "1.10", "2.0"]
        ### BEGIN HIDDEN TESTS
        assert max(Version("0.9"), Version("0.10"), Version("0.1")) == Version("0.10")
        assert Version("1.0") <= Version("1.0") and not Version("1.0") < Version("1.0")
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                from functools import total_ordering
                @total_ordering
                class Version:
                    def __init__(self, text): self.parts = [int(one) for one in text.split(".")]
                    def __eq__(self, other): return self.parts == other.parts
                    def __lt__(self, other): return self.parts < other.parts
                    def __str__(self): return ".".join(map(str, self.parts))
            """,
            "ordered dataclass": """
                from dataclasses import dataclass, field
                @dataclass(order=True, init=False)
                class Version:
                    parts: tuple
                    text: str = field(compare=False)
                    def __init__(self, text): self.text, self.parts = text, tuple(map(int, text.split(".")))
                    def __str__(self): return self.text
            """,
            "subclass of tuple": """
                class Version(tuple):
                    def __new__(cls, text): return super().__new__(cls, map(int, text.split(".")))
                    def __str__(self): return ".".join(f"{one}" for one in self)
            """,
            "packaging": "from packaging.version import Version",
        },
        wrong={
            "as text": "class Version(str): pass",
            "as a float": """
                class Version(float):
                    def __init__(self, text): self.text = text
                    def __str__(self): return self.text
            """,
        },
    ),
    Exercise(
        "temperature",
        """
        t = Temperature(25)
        assert t.fahrenheit == 77
        t.celsius = 100
        assert t.fahrenheit == 212 and t.celsius == 100
        with unittest.TestCase().assertRaises(ValueError):
            t.celsius = -300
        ### BEGIN HIDDEN TESTS
        assert t.celsius == 100, "a refused value changes nothing"
        t.fahrenheit = 32
        assert abs(t.celsius) < 1e-9
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                class Temperature:
                    def __init__(self, celsius): self.celsius = celsius
                    @property
                    def celsius(self): return self._celsius
                    @celsius.setter
                    def celsius(self, value):
                        if value < -273.15:
                            raise ValueError("below absolute zero")
                        self._celsius = value
                    @property
                    def fahrenheit(self): return self.celsius * 9 / 5 + 32
                    @fahrenheit.setter
                    def fahrenheit(self, value): self.celsius = (value - 32) * 5 / 9
            """,
            "__setattr__": """
                class Temperature:
                    def __init__(self, celsius): self.celsius = celsius
                    def __setattr__(self, name, value):
                        if name == "fahrenheit":
                            name, value = "celsius", (value - 32) / 1.8
                        if value < -273.15:
                            raise ValueError(value)
                        super().__setattr__(name, value)
                    def __getattr__(self, name):
                        if name == "fahrenheit":
                            return self.celsius * 1.8 + 32
                        raise AttributeError(name)
            """,
            "descriptor": """
                class Degrees:
                    def __init__(self, factor, shift): self.factor, self.shift = factor, shift
                    def __get__(self, owner, kind): return owner.kept * self.factor + self.shift
                    def __set__(self, owner, value):
                        kept = (value - self.shift) / self.factor
                        if kept < -273.15:
                            raise ValueError(f"{value} is too cold")
                        owner.kept = kept
                class Temperature:
                    celsius, fahrenheit = Degrees(1, 0), Degrees(1.8, 32)
                    def __init__(self, celsius): self.celsius = celsius
            """,
            "pydantic": """
                from pydantic import BaseModel, Field
                class Temperature(BaseModel, validate_assignment=True):
                    celsius: float = Field(ge=-273.15)
                    def __init__(self, celsius): super().__init__(celsius=celsius)
                    @property
                    def fahrenheit(self): return self.celsius * 9 / 5 + 32
                    @fahrenheit.setter
                    def fahrenheit(self, value): self.celsius = (value - 32) * 5 / 9
            """,
        },
        wrong={
            "nothing refused": """
                class Temperature:
                    def __init__(self, celsius): self.celsius = celsius
                    @property
                    def fahrenheit(self): return self.celsius * 9 / 5 + 32
                    @fahrenheit.setter
                    def fahrenheit(self, value): self.celsius = (value - 32) * 5 / 9
            """,
            "set before it is refused": """
                class Temperature:
                    def __init__(self, celsius): self._c = celsius
                    @property
                    def celsius(self): return self._c
                    @celsius.setter
                    def celsius(self, value):
                        self._c = value
                        if value < -273.15:
                            raise ValueError
                    @property
                    def fahrenheit(self): return self._c * 9 / 5 + 32
                    @fahrenheit.setter
                    def fahrenheit(self, value): self._c = (value - 32) * 5 / 9
            """,
        },
    ),
)
