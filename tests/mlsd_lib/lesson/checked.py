"""Checks of any id, as a reader's record holds them."""

from mlsd_lib.lesson import CheckResult, Turns


def checked(id: str, passed: bool = True) -> CheckResult:
    """A check that the reader passed or failed."""
    check = Turns()
    check.turn(id, ())(type("Answers", (), {"right": lambda: 1}))
    return check(id, lambda: 1 if passed else 2)
