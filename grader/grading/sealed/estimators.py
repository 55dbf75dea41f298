"""`score` of a student's fitted estimator, worked out here from its predictions.

An estimator that is asked for its score receives the right answers, and says itself how good it is. Nothing else of a
library's may be done over again here.
"""

import functools
import importlib
from collections.abc import Callable
from typing import Any

from grader.grading.sealed.remote_object import about, is_remote

ROLES = (("sklearn.base", "ClassifierMixin"), ("sklearn.base", "RegressorMixin"))
WITHIN = {("sklearn.pipeline", "Pipeline"): "last step"} | {
    ("sklearn.model_selection._search", name): "best" for name in ("GridSearchCV", "RandomizedSearchCV")
}


def score_of(proxied: Any, kinds: tuple[tuple[str, str], ...]) -> Callable[..., Any] | None:
    """scikit-learn's own `score` for what `proxied` predicts; None if it is no classifier or regressor of it."""
    role = _role(proxied, kinds)
    if role is None:
        return None
    return functools.partial(getattr(importlib.import_module(role[0]), role[1]).score, proxied)


def _role(proxied: Any, kinds: tuple[tuple[str, str], ...]) -> tuple[str, str] | None:
    for kind in kinds:
        if kind in ROLES:
            return kind
        if kind in WITHIN:
            inner = proxied.steps[-1][1] if WITHIN[kind] == "last step" else proxied.best_estimator_
            return _role(inner, about(inner).kinds) if is_remote(inner) else None
    return None
