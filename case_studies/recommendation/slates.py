"""Lists of offers: where an item stood, how often each place is bought from, a rule against too much of one kind."""

from collections.abc import Sequence

import numpy as np

from mlsd_lib.modeling.errors import ModelingError


def hits(
    bought_list: np.ndarray, bought_item: np.ndarray, lists: Sequence[int] | np.ndarray, items: np.ndarray
) -> np.ndarray:
    """Whether each item of some lists was bought from its list or beside it, of bool, in the shape of `items`.

    `bought_list` and `bought_item` (purchases,): the list's number and the item of each purchase; `lists` (lists,):
    the numbers; `items` (lists, any). Purchases of other lists count nothing.
    """
    numbers, row = np.unique(lists, return_inverse=True)
    place = np.searchsorted(numbers, bought_list).clip(max=len(numbers) - 1)
    mine = numbers[place] == bought_list
    codes, column = np.unique(np.r_[bought_item, items.ravel()], return_inverse=True)
    bought = np.zeros((len(numbers), len(codes)), dtype=bool)
    bought[place[mine], column[: len(bought_item)][mine]] = True
    return bought[row[:, None], column[len(bought_item) :].reshape(items.shape)]


def positions(shown: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Where each item stands on its list, -1 if nowhere, in the shape of `items` (lists, any); `shown` (lists, slots).

    An item that stands there twice counts at the first place.
    """
    position = np.full(items.shape, -1)
    for slot in range(shown.shape[1] - 1, -1, -1):
        position[items == shown[:, [slot]]] = slot
    return position


def position_curve(position: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """How often each place of a list leads to a purchase, against the first, (slots,).

    `position` (purchases,): where the item stood, below 0 if nowhere; `shown` (lists, slots), below 0 for an empty
    place. Right where the order of a list was random, and no more than an upper bound on how often a place is looked
    at: an item that would have been bought anyway is bought wherever it stands. Raises `ModelingError` for fewer than
    50 purchases from the first place.
    """
    found = np.bincount(position[position >= 0], minlength=shown.shape[1])
    if found[0] < 50:
        raise ModelingError(
            f"Only {found[0]} purchases were made from the first place of a list; a position curve needs 50. "
            "Give a log with slates, or use labels that need no curve."
        )
    rate = found / np.maximum((shown >= 0).sum(axis=0), 1)
    return rate / rate[0]


def varied(ranked: Sequence[int], kind: np.ndarray, most: int, places: int) -> list[int]:
    """The first `places` of `ranked` with at most `most` of a kind; `kind` (items,) is looked up by item."""
    chosen: list[int] = []
    used: dict[int, int] = {}
    for item in ranked:
        of_kind = used.get(kind[item], 0)
        if len(chosen) < places and of_kind < most:
            chosen.append(item)
            used[kind[item]] = of_kind + 1
    return chosen
