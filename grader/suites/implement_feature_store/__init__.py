"""The exercise as its notebook imports it: `from grader.suites import implement_feature_store as suite`."""

from grader.suites.implement_feature_store.bugs import STORES
from grader.suites.implement_feature_store.store_under_test import try_store
from grader.suites.implement_feature_store.suite import (
    CASES, EXERCISE, any_order, begin, change, growth, hint, online, own_tests, past, show, warm,
)  # fmt: skip

BUGS, PLANTED = STORES.bugs, STORES
