"""Bandits that choose an arm, see its reward, perhaps late, and choose again; many repeats at once.

Each policy holds its numbers for all repeats in arrays, (repeats, arms), so that the regret of two hundred repeats
costs little more than that of one. Contextual ones get a context for each repeat, the others ignore it.
"""

import functools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np


class Bandit(Protocol):
    """What chooses: `choose` gives an arm a repeat, (repeats,); `update` learns from rewards, (repeats,)."""

    def choose(self, context: np.ndarray, rng: np.random.Generator) -> np.ndarray: ...
    def update(self, context: np.ndarray, arm: np.ndarray, reward: np.ndarray) -> None: ...


@dataclass
class Counts:
    """Shows and rewards of each arm, (repeats, arms); shows are multiplied by `memory` each step, 1 forgets nothing."""

    repeats: int
    arms: int
    memory: float = 1.0

    def __post_init__(self) -> None:
        self.shown, self.won = np.zeros((2, self.repeats, self.arms))
        self.rows = np.arange(self.repeats)

    def update(self, context: np.ndarray, arm: np.ndarray, reward: np.ndarray) -> None:
        """Counts one reward a repeat."""
        if self.memory < 1:
            self.shown *= self.memory
            self.won *= self.memory
        self.shown[self.rows, arm] += 1
        self.won[self.rows, arm] += reward

    def means(self) -> np.ndarray:
        """The mean reward of each arm, (repeats, arms), with one win in two shows added: an untried arm looks good."""
        return (self.won + 1) / (self.shown + 2)


@dataclass
class EpsilonGreedy(Counts):
    """The best arm so far, and with probability `epsilon` any."""

    epsilon: float = 0.1

    def choose(self, context: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """An arm a repeat, (repeats,)."""
        explored = rng.random(self.repeats) < self.epsilon
        return np.where(explored, rng.integers(self.arms, size=self.repeats), self.means().argmax(axis=1))


@dataclass
class Thompson(Counts):
    """The arm whose drawn click rate is largest, each drawn from its Beta posterior (Thompson, 1933)."""

    def choose(self, context: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """An arm a repeat, (repeats,)."""
        return rng.beta(1 + self.won, 1 + np.maximum(self.shown - self.won, 0)).argmax(axis=1)


@dataclass
class AbTest(Counts):
    """Every arm in turn for `per_arm` steps each, then for good the one that looked best."""

    per_arm: int = 1_000

    def __post_init__(self) -> None:
        super().__post_init__()
        self.step, self.winner = 0, np.zeros(self.repeats, dtype=int)

    def choose(self, context: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """An arm a repeat, (repeats,)."""
        self.step += 1
        if self.step <= self.per_arm * self.arms:
            self.winner = self.means().argmax(axis=1)
            return np.full(self.repeats, (self.step - 1) % self.arms)
        return self.winner


class LinUcb:
    """The arm with the largest upper bound of a linear reward, a ridge regression an arm (Li et al., 2010)."""

    def __init__(self, repeats: int, arms: int, size: int, width: float = 0.5):
        self.inverse = np.tile(np.eye(size), (repeats, arms, 1, 1))
        self.total = np.zeros((repeats, arms, size))
        self.width, self.rows = width, np.arange(repeats)

    def choose(self, context: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """An arm a repeat, (repeats,); `context` is (repeats, size)."""
        spread = np.einsum("rk,rakl->ral", context, self.inverse)
        mean = np.einsum("ral,ral->ra", spread, self.total)
        return (mean + self.width * np.sqrt(np.einsum("ral,rl->ra", spread, context))).argmax(axis=1)

    def update(self, context: np.ndarray, arm: np.ndarray, reward: np.ndarray) -> None:
        """Learns one reward a repeat; the inverse follows by Sherman and Morrison's formula."""
        inverse = self.inverse[self.rows, arm]
        turned = np.einsum("rkl,rl->rk", inverse, context)
        scale = 1 + np.einsum("rk,rk->r", turned, context)
        self.inverse[self.rows, arm] = inverse - np.einsum("rk,rl->rkl", turned, turned) / scale[:, None, None]
        self.total[self.rows, arm] += reward[:, None] * context


def regret(
    bandit: Bandit,
    world: Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]],
    steps: int,
    rng: np.random.Generator,
    delay: int = 0,
) -> np.ndarray:
    """The expected reward lost so far against the best arm, (steps, repeats); rewards arrive `delay` steps late.

    `world(step, rng)` gives the contexts, (repeats, size), and each arm's chance of a reward, (repeats, arms).
    """
    lost, waiting = [], deque[tuple[np.ndarray, np.ndarray, np.ndarray]]()
    for step in range(steps):
        context, chance = world(step, rng)
        arm = bandit.choose(context, rng)
        got = chance[np.arange(len(arm)), arm]
        waiting.append((context, arm, (rng.random(len(arm)) < got).astype(float)))
        best = functools.reduce(np.maximum, chance.T)  # a tenth of the time of `max` along so short an axis
        lost.append(best - got)
        if len(waiting) > delay:
            bandit.update(*waiting.popleft())
    return np.cumsum(lost, axis=0)
