"""What is asked about a design, and how the simulator finds the answer."""

from grader.suite_kit.designs import Draw, Draws, Question
from grader.suites.design_recommendation_system.document import RecommendationDesign
from grader.suites.design_recommendation_system.measures import money, worst_minute
from grader.suites.design_recommendation_system.stories import card_of

GOOD = {"day": 0.97, "crowd": 0.95, "growth": 0.97, "replica": 0.95}
"""The share of good answers that the worst minute of each family must have."""
LEAST, MOST, PRECISE = 0.02, 8.0, 1.03
"""Multiples of the requests between which an edge is looked for, and the ratio to which it is known."""
ALIKE = 1.1
"""Families whose edges are within this ratio break first alike."""


def halved(design: RecommendationDesign) -> RecommendationDesign:
    """The design with half of its replicas, rounded down, at least one; an autoscaler's bounds are halved too."""
    replicas = design.replicas

    def half(count: int) -> int:
        return max(1, count // 2)

    scaler = replicas.autoscaler
    if scaler is not None:
        scaler = scaler.model_copy(update={"least": half(scaler.least), "most": half(scaler.most)})
    return design.model_copy(
        update={"replicas": replicas.model_copy(update={"count": half(replicas.count), "autoscaler": scaler})}
    )


def edge(design: RecommendationDesign, draw: Draw, most: float = MOST) -> float:
    """So many times the requests of a scenario are the first that break its service level; `most` times do."""
    if not _kept(design, draw, LEAST):
        return LEAST
    low, high = LEAST, most
    while high > PRECISE * low:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if _kept(design, draw, middle) else (low, middle)
    return high


def _kept(design: RecommendationDesign, draw: Draw, times: float) -> bool:
    return worst_minute(card_of(design, draw, times)) >= GOOD[draw.family]


def _breaks_first(design: RecommendationDesign, draws: Draws) -> frozenset[str]:
    half, edges = halved(design), dict[str, float]()
    for family in ("replica", "crowd", "growth", "day"):  # the longest story last: it is seldom looked for
        at_most = ALIKE * min(edges.values(), default=MOST)
        if not edges or not _kept(half, draws[family][0], at_most):
            edges[family] = edge(half, draws[family][0], at_most)
    return frozenset(family for family, times in edges.items() if times <= ALIKE * min(edges.values()))


def _crowd_rate(design: RecommendationDesign, draws: Draws) -> float:
    (draw,) = draws["crowd"]
    return edge(halved(design), draw) * draw["rate"]


def _double_money(design: RecommendationDesign, draws: Draws) -> float:
    return sum(money(design, card_of(design, draws["day"][0], 2.0)).values())


QUESTIONS = (
    Question("breaks first", "breaks_first", _breaks_first),
    Question("crowd rate", "crowd_rate", _crowd_rate, within=0.2, unit="a second"),
    Question("double money", "double_eur", _double_money, within=0.1, unit="EUR"),
)
