"""One label from the votes of several rules: the plain vote, and the label model that estimates each rule's noise.

A. P. Dawid and A. M. Skene, Applied Statistics 28(1), 1979; for rules instead of people A. Ratner et al., PVLDB 11(3),
2017.
"""

import numpy as np

ABSTAIN, HONEST, FRAUD = -1, 0, 1


def majority(votes: np.ndarray) -> np.ndarray:
    """1.0 where more rules vote fraud than honest, else 0.0. `votes`: (items, rules), -1 (abstain), 0 or 1."""
    return ((votes == FRAUD).sum(axis=1) > (votes == HONEST).sum(axis=1)).astype(float)


def noise_of(votes: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """P(vote | class) of each rule, shape (rules, 3 votes, 2 classes), given each item's `probability` of fraud.

    One item for each vote is added, so that no probability is 0.
    """
    said = 3 * np.arange(votes.shape[1]) + votes + 1  # a number for each rule and vote
    size = 3 * votes.shape[1]
    fraud = np.bincount(said.ravel(), np.repeat(probability, votes.shape[1]), size)
    counts = np.column_stack([np.bincount(said.ravel(), minlength=size) - fraud, fraud]).reshape(-1, 3, 2)
    return (counts + 1) / (np.array([(1 - probability).sum(), probability.sum()]) + 3)


def posterior(votes: np.ndarray, noise: np.ndarray, share: float) -> np.ndarray:
    """The probability of fraud of each item by Bayes' rule, the rules independent given the class."""
    evidence = np.log(noise[:, :, 1] / noise[:, :, 0])
    log_odds = np.log(share / (1 - share)) + evidence[np.arange(votes.shape[1]), votes + 1].sum(axis=1)
    return 1 / (1 + np.exp(-np.clip(log_odds, -50, 50)))


def label_model(votes: np.ndarray, share: float, rounds: int = 60) -> np.ndarray:
    """The probability of fraud of each item by expectation-maximisation from the vote; `share` of fraud is known."""
    probability = np.where(majority(votes) > 0, 0.9, share / 2)
    for _ in range(rounds):
        probability = posterior(votes, noise_of(votes, probability), share)
    return probability
