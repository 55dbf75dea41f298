"""From the judge's probability to an answer or a refusal, in money; how long an answer is kept for the next customer.

A question that is refused goes to an agent, as all did before. A right answer saves the agent's time; a wrong one costs
goodwill, a return, a second call. What a search costs is assumed: the price of a large encoder or reader.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from case_studies.assistant.data import AssistantError

AGENT_EUR = 4.0
"""Six minutes of an agent."""
WRONG_EUR = 25.0
"""What a wrong answer costs on average: the shop keeps what its assistant said."""
WORDS_EUR, ENCODER_EUR = 0.002, 0.2
"""A search by words, and one that asks the encoder too."""
REFRESH_EUR = 15.0
"""Reading all documents and building an index."""


@dataclass(frozen=True)
class AnswerPolicy:
    """From which probability a question is answered, how long what was found is kept, when the encoder is asked.

    `refuse_below`: None takes the price, see `threshold`. `ask_until`: a cascade asks the encoder below this
    probability of a search by words. `budget_eur`: what the encoder may cost a day; words alone answer after that.
    """

    refuse_below: float | None = None
    cache_hours: float = 24.0
    ask_until: float = 0.97
    budget_eur: float = 40.0

    def __post_init__(self) -> None:
        for name in ("refuse_below", "ask_until"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise AssistantError(f"{name} is {value!r}; it is a probability from 0 to 1.")
        for name in ("cache_hours", "budget_eur"):
            if getattr(self, name) < 0:
                raise AssistantError(f"{name} is {getattr(self, name)}; give 0 for none of it, or a positive number.")

    @property
    def threshold(self) -> float:
        """The probability at which answering and refusing cost the same, unless another one was chosen."""
        return WRONG_EUR / (WRONG_EUR + AGENT_EUR) if self.refuse_below is None else self.refuse_below


def cost_eur(found: pd.DataFrame) -> np.ndarray:
    """What finding each passage cost, EUR, (n,); `found` has `cached` and `asked`."""
    return np.where(found["cached"], 0.0, np.where(found["asked"], ENCODER_EUR, WORDS_EUR))


def saved_eur(answered: np.ndarray, right: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """What each question saved against an agent's answer, EUR, (n,)."""
    return answered * np.where(right, AGENT_EUR, -WRONG_EUR) - cost
