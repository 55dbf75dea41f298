"""From probabilities to an action, as data: thresholds by category, prices, and the queue that people work off.

A policy is a document with a version: it stands in the release, and every decision names it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from case_studies.moderation.data import ModerationError
from case_studies.moderation.review_queue import work_queue
from notebook_runner.errors import require_one_of

CATEGORIES = ("fine", "insult", "scam")
HARM_EUR = {"fine": 0.0, "insult": 15.0, "scam": 60.0}
"""What a thousand followers cost us who read such a post."""
WRONG_REMOVAL_EUR = 6.0
REVIEW_COST_EUR = 0.8
"""Two minutes of a reviewer."""
EXPENSIVE_COST_EUR = 0.03
"""An answer of the expensive model, where the cheap one's costs next to nothing."""
HALF_READ_HOURS = 6.0
"""After so long half of those who will ever read a post have read it."""
Order = Literal["harm", "arrival"]


@dataclass(frozen=True)
class ModerationPolicy:
    """What is done from which probability, by category; when people look; who is asked when.

    `remove_from`: a probability a category, from which a post is removed at once. `review_from_eur`: the expected harm
    from which people look. `unread_from`: the share of unread letters from which people look whatever a model says.
    `ask_from`, `ask_until`: between these probabilities of any harm the cheap model hands a post to the expensive one.
    """

    version: str = "2026-01"
    remove_from: Mapping[str, float] = field(default_factory=lambda: {"insult": 0.75, "scam": 0.6})
    review_from_eur: float = 3.0
    unread_from: float = 0.12
    ask_from: float = 0.05
    ask_until: float = 0.99
    reviews_per_hour: float = 3.0
    order: Order = "harm"

    def __post_init__(self) -> None:
        for category, limit in self.remove_from.items():
            if category not in CATEGORIES[1:] or not 0 < limit <= 1:
                raise ModerationError(
                    f"remove_from holds {category!r}: {limit!r}; it names 'insult' and 'scam', each with a probability "
                    "above 0 and up to 1."
                )
        require_one_of("order", self.order, get_args(Order), ModerationError)
        if self.reviews_per_hour <= 0:
            raise ModerationError(f"reviews_per_hour is {self.reviews_per_hour}; people look at some posts an hour.")

    def expected_harm(self, probability: np.ndarray, followers: np.ndarray) -> np.ndarray:
        """Expected harm of each post, EUR, (n,); `probability` (n, 3) in the order of `CATEGORIES`."""
        return probability @ np.array([HARM_EUR[name] for name in CATEGORIES]) * followers / 1_000

    def urgency(self, harm_eur: np.ndarray) -> np.ndarray:
        """By what people take waiting posts, (n,): their expected harm, or all alike, so that the oldest is next."""
        return harm_eur if self.order == "harm" else np.zeros(len(harm_eur))

    def actions(self, probability: np.ndarray, unread: np.ndarray, harm_eur: np.ndarray) -> tuple[Any, Any, Any]:
        """Action, category and reason of each post, (n,) of str each."""
        top = probability[:, 1:].argmax(axis=1) + 1
        chance = probability[np.arange(len(top)), top]
        limits = np.array([np.inf, *(self.remove_from.get(name, np.inf) for name in CATEGORIES[1:])])
        sure, unclear, harmful = chance >= limits[top], unread >= self.unread_from, harm_eur >= self.review_from_eur
        action = np.select([sure, unclear | harmful], ["remove", "review"], "keep")
        reason = np.select([sure, unclear, harmful], ["likely", "unreadable", "expected harm"], "below every threshold")
        return action, np.array(CATEGORIES)[np.where(action == "keep", 0, top)], reason


def harm_of(category: np.ndarray, followers: np.ndarray) -> np.ndarray:
    """What each post costs if nobody removes it, EUR, (n,)."""
    lookup = np.array([HARM_EUR[name] for name in CATEGORIES])
    return lookup[[CATEGORIES.index(name) for name in category]] * followers / 1_000


def prevented(hours: np.ndarray) -> np.ndarray:
    """The share of the harm that a removal after `hours` still prevents, (n,)."""
    return 0.5 ** (hours / HALF_READ_HOURS)


def saved_eur(
    action: np.ndarray,
    category: np.ndarray,
    followers: np.ndarray,
    verdict: np.ndarray,
    waited_hours: np.ndarray | float = 1.0,
    asked: np.ndarray | bool = False,
) -> np.ndarray:
    """What each decision saved against doing nothing, EUR, (n,); `category` is the truth, `verdict` the reviewer's.

    `waited_hours`: until a reviewer looked; infinite for a post that nobody looked at.
    """
    harm, fine = harm_of(category, followers), category == "fine"
    gone = harm - WRONG_REMOVAL_EUR * fine
    looked = np.isfinite(waited_hours)
    late = np.where(looked, prevented(np.where(looked, waited_hours, 0.0)), 0.0)
    reviewed = np.where(verdict != "fine", np.where(fine, -WRONG_REMOVAL_EUR, harm * late), 0.0) - REVIEW_COST_EUR
    by_action = np.select([action == "remove", (action == "review") & looked], [gone, reviewed], 0.0)
    return by_action - EXPENSIVE_COST_EUR * np.asarray(asked)


def waited_hours(hour: np.ndarray, action: np.ndarray, harm_eur: np.ndarray, policy: ModerationPolicy) -> np.ndarray:
    """How long each post waits for a reviewer, hours, (n,); infinite for those that are not for people.

    `hour`: when each came, in order, from any origin.
    """
    waited, rows = np.full(len(action), np.inf), np.flatnonzero(action == "review")
    done = work_queue(hour[rows], policy.urgency(harm_eur[rows]), policy.reviews_per_hour)
    waited[rows] = done - hour[rows]
    return waited
