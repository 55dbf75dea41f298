"""The families of an exercise's criteria, as `exercise.toml` states them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Worth = Annotated[float, Field(ge=0, le=1000)]
"""A number of points."""


class Table(BaseModel):
    """A table of `exercise.toml`. Its fields are the keys that it may have; those without a value must stand there."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Family(Table):
    """A criterion as an exercise states it: its test, its row's name, its points, what a miss means, where to read.

    `hints` are what a reader may open, one after the other: the question to ask oneself, and the way.
    """

    test: str
    title: str = ""
    points: Worth = 1.0
    production: str
    read: str = ""
    hints: list[str] = Field([], max_length=2)
