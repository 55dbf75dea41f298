"""The exercise as its notebook imports it: `from grader.suites import implement_feature_store as suite`."""

from grader.suites.implement_feature_store.bugs import BUGS
from grader.suites.implement_feature_store.lent import try_store
from grader.suites.implement_feature_store.suite import (
    CASES,
    EXERCISE,
    any_order,
    begin,
    change,
    growth,
    online,
    own_tests,
    past,
    show,
    warm,
)  # fmt: skip

__all__ = [
    "BUGS", "CASES", "EXERCISE", "any_order", "begin", "change", "growth", "online", "own_tests", "past", "show",
    "try_store", "warm",
]  # fmt: skip
