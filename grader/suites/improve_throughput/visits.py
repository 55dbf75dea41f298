"""Visits to a shop, as `improve_throughput` scores them: simulated, and whether they ended with a purchase.

A row is one visit: the names of its pages in order, in one text. No model and no expected answer may enter here.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

ITEMS, LISTS = 500, 40
SERVICE = ("home", "search", "cart", "help", "returns", "account", "offers", "checkout")
PAGES = (*SERVICE, *(f"list{i:02d}" for i in range(LISTS)), *(f"item{i:03d}" for i in range(ITEMS)))
PLACES = {"service": (0, len(SERVICE)), "list": (len(SERVICE), LISTS), "item": (len(SERVICE) + LISTS, ITEMS)}
NEXT = {  # after a page of a kind: the next one's kind, with the chances added up
    "service": {"service": 0.35, "list": 0.65, "item": 1.0},
    "list": {"service": 0.15, "list": 0.35, "item": 1.0},
    "item": {"service": 0.25, "list": 0.45, "item": 1.0},
}
LONGEST = 40
BROKEN: tuple[Any, ...] = (None, "", " \t ", 7, ["home", "cart"], {"pages": "home cart"}, True, 0.5)


def simulate(rng: np.random.Generator, number: int) -> tuple[list[str], list[int]]:
    """`number` fresh visits, and for each 1 if it ended with a purchase, 0 if not."""
    appeal = np.random.default_rng(2026).normal(0, 1, len(PAGES))  # of the shop, not of the draw
    appeal[PAGES.index("cart")], appeal[PAGES.index("returns")] = 4.0, -2.0
    lengths = np.minimum(rng.geometric(1 / 11, number), LONGEST)
    rows, bought = [], []
    for pages in _drawn(rng, lengths):
        weight = 0.9 ** np.arange(len(pages))[::-1]
        logit = 1.3 * float(weight @ appeal[pages] / weight.sum()) + 0.3 * float(appeal[pages].max()) - 2.0
        rows.append(" ".join(PAGES[page] for page in pages))
        bought.append(int(rng.random() < 1 / (1 + np.exp(-logit))))
    return rows, bought


def alike(rng: np.random.Generator, number: int) -> list[str]:
    """`number` fresh visits of 9 to 13 pages: any few of them take about as long as any others."""
    return [" ".join(PAGES[page] for page in pages) for pages in _drawn(rng, rng.integers(9, 14, number))]


def _drawn(rng: np.random.Generator, lengths: np.ndarray) -> Iterator[list[int]]:
    """The pages of a visit of each length, by their numbers: from the home page on, a kind after the one before."""
    for length in lengths.tolist():
        kind, pages = "service", [0]
        for chance, place in rng.random((length - 1, 2)).tolist():
            kind = next(name for name, upto in NEXT[kind].items() if chance < upto)
            first, count = PLACES[kind]
            pages.append(first + int(count * place**2))  # the first of each kind are the popular ones
        yield pages


def unusual(rng: np.random.Generator, number: int) -> list[str]:
    """Visits that are right and rare: unknown pages, one page, the longest, other letters, other blanks."""
    rows = []
    for i in range(number):
        page, other = (str(rng.choice(PAGES)) for _ in range(2))
        longest = " ".join(rng.choice(PAGES, LONGEST))
        unknown = f"{page} promo{rng.integers(99)} {other} item{rng.integers(500, 999)}"
        rows.append((unknown, page, longest, f"{page.upper()} {other.title()}", f"  {page}\t{other}\n {page} ")[i % 5])
    return rows
