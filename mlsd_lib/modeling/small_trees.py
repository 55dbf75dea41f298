"""The boosted trees of the lessons: small, quick, and the same in each run."""

from sklearn.ensemble import HistGradientBoostingClassifier


def small_trees(rounds: int, seed: int, leaves: int = 8) -> HistGradientBoostingClassifier:
    """An unfitted classifier of `rounds` trees with at most `leaves` leaves each, without early stopping."""
    return HistGradientBoostingClassifier(
        max_leaf_nodes=leaves, max_iter=rounds, early_stopping=False, random_state=seed
    )
