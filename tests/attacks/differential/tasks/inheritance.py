"""Exercises about classes and their subclasses: abstract ones, isinstance, constructors that follow the class."""

from tests.attacks.differential.model import Exercise

INHERITANCE = (
    Exercise(
        "shapes",
        """
        try:
            Shape()
        except TypeError:
            pass
        else:
            raise AssertionError("Shape is abstract")
        assert issubclass(Square, Shape) and isinstance(Square(2), Shape)
        assert Square(3).area() == 9
        ### BEGIN HIDDEN TESTS
        assert sum(one.area() for one in [Square(1), Square(2)]) == 5
        assert type(Square(1)).__name__ == "Square" and Square.__mro__[1] is Shape
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                from abc import ABC, abstractmethod
                class Shape(ABC):
                    @abstractmethod
                    def area(self): ...
                class Square(Shape):
                    def __init__(self, side): self.side = side
                    def area(self): return self.side**2
            """,
            "metaclass": """
                import abc
                class Shape(metaclass=abc.ABCMeta):
                    area = abc.abstractmethod(lambda self: None)
                class Square(Shape):
                    def __init__(self, side): self.side = side
                    def area(self): return self.side * self.side
            """,
            "__new__": """
                class Shape:
                    def __new__(cls, *args):
                        if cls is Shape:
                            raise TypeError("Shape is abstract")
                        return super().__new__(cls)
                class Square(Shape):
                    def __init__(self, side): self.side = side
                    def area(self): return self.side**2
            """,
            "protocol and dataclass": """
                from dataclasses import dataclass
                from typing import Protocol, runtime_checkable
                @runtime_checkable
                class Shape(Protocol):
                    def area(self): ...
                @dataclass
                class Square(Shape):
                    side: float
                    def area(self): return self.side**2
            """,
        },
        wrong={
            "not abstract": """
                class Shape:
                    def area(self): raise NotImplementedError
                class Square(Shape):
                    def __init__(self, side): self.side = side
                    def area(self): return self.side**2
            """,
            "no subclass": """
                from abc import ABC, abstractmethod
                class Shape(ABC):
                    @abstractmethod
                    def area(self): ...
                class Square:
                    def __init__(self, side): self.side = side
                    def area(self): return self.side**2
            """,
        },
    ),
    Exercise(
        "day",
        """
        d = Day.from_text("2024-02-29")
        assert isinstance(d, Day)
        assert (d.year, d.month, d.day) == (2024, 2, 29)
        assert Day.is_valid("2023-02-29") is False and Day.is_valid("2024-01-31") is True
        ### BEGIN HIDDEN TESTS
        class Special(Day):
            pass

        assert type(Special.from_text("2024-01-02")) is Special, "use cls"
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                import datetime
                class Day:
                    def __init__(self, year, month, day): self.year, self.month, self.day = year, month, day
                    @classmethod
                    def from_text(cls, text): return cls(*map(int, text.split("-")))
                    @staticmethod
                    def is_valid(text):
                        try:
                            datetime.date.fromisoformat(text)
                        except ValueError:
                            return False
                        return True
            """,
            "subclass of date": """
                from datetime import date
                class Day(date):
                    from_text = date.fromisoformat
                    @classmethod
                    def is_valid(cls, text):
                        try:
                            return bool(cls.fromisoformat(text))
                        except ValueError:
                            return False
                    @classmethod
                    def from_text(cls, text): return cls.fromisoformat(text)
            """,
            "dataclass": """
                import calendar
                from dataclasses import dataclass
                @dataclass
                class Day:
                    year: int
                    month: int
                    day: int
                    @classmethod
                    def from_text(cls, text):
                        year, month, day = text.split("-")
                        return cls(int(year), int(month), int(day))
                    @staticmethod
                    def is_valid(text):
                        one = Day.from_text(text)
                        return 1 <= one.day <= calendar.monthrange(one.year, one.month)[1]
            """,
            "NamedTuple": """
                from typing import NamedTuple
                import calendar
                class Day(NamedTuple):
                    year: int
                    month: int
                    day: int
                    @classmethod
                    def from_text(cls, text): return cls._make(int(one) for one in text.split("-"))
                    @classmethod
                    def is_valid(cls, text):
                        year, month, day = cls.from_text(text)
                        return day in range(1, calendar.monthrange(year, month)[1] + 1)
            """,
        },
        wrong={
            "own class by name": """
                import datetime
                class Day(datetime.date):
                    @staticmethod
                    def from_text(text): return Day(*map(int, text.split("-")))
                    @staticmethod
                    def is_valid(text): return text != "2023-02-29"
            """,
            "valid says 1": """
                class Day:
                    def __init__(self, year, month, day): self.year, self.month, self.day = year, month, day
                    @classmethod
                    def from_text(cls, text): return cls(*map(int, text.split("-")))
                    @staticmethod
                    def is_valid(text): return int(text != "2023-02-29")
            """,
        },
    ),
)
