"""Five families of classifiers at settings that suit tables of a hundred to some ten thousand rows.

No room for tuning: a lesson that compares families wants each at settings that are known and stay.
"""

from typing import Any

from mlsd_lib.modeling.errors import ModelingError

BATCH, STEPS, PASSES = 64, 300, 8
"""Rows a step of the network; at least about so many steps, and at least so many passes over its rows."""
MANY = 10_000
"""From so many rows on a step of the network has twice the rows, which halves the time of a pass."""
MOST_A_TREE = 5_000
"""Rows that a tree of the forest draws at most: more cost time and left its ranking as it was."""


def family(name: str, rows: int, seed: int) -> Any:
    """An unfitted classifier of the family `name`, for `rows` rows; `seed` fixes what it draws.

    The settings were chosen by hand, once, and are the same at every size, except that a network goes over few rows
    more often. Raises `ModelingError` for a name that is not among `FAMILIES`.
    """
    if name not in FAMILIES:
        raise ModelingError(f"There is no family {name!r}; there are {', '.join(FAMILIES)}. Take one of these.")
    return FAMILIES[name](rows, seed)


def _logistic(rows: int, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression())


def _tree(rows: int, seed: int) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(max_leaf_nodes=16, min_samples_leaf=5, random_state=seed)


def _forest(rows: int, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    shape = {"n_estimators": 50, "max_samples": min(rows, MOST_A_TREE), "min_samples_leaf": 5, "max_features": 2}
    return RandomForestClassifier(**shape, random_state=seed, n_jobs=1)


def _boosted(rows: int, seed: int) -> Any:
    from xgboost import XGBClassifier

    shape = {"n_estimators": 80, "max_depth": 3, "learning_rate": 0.15, "min_child_weight": 0.1}
    return XGBClassifier(**shape, random_state=seed, n_jobs=1)


def _network(rows: int, seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    passes = max(PASSES, STEPS * BATCH // rows)
    # No early end, so that the number of steps depends on the number of rows alone.
    network = MLPClassifier(
        (32,),
        alpha=0.01,
        batch_size=min(BATCH if rows < MANY else 2 * BATCH, rows),
        learning_rate_init=0.004,
        max_iter=passes,
        n_iter_no_change=passes + 1,
        random_state=seed,
    )
    return make_pipeline(StandardScaler(), network)


FAMILIES = {"logistic": _logistic, "tree": _tree, "forest": _forest, "boosted": _boosted, "network": _network}
"""The names, from the family with the fewest parameters on."""
