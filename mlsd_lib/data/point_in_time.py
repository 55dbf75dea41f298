"""The point-in-time join: beside each request, the row of a history that had happened and was known by then.

Two clocks run: a row happened at its event time and became known, perhaps later, at its known time. It can be seen
from the later of the two on. So rows and requests are laid out in one line, by key and by the time from which a row
can be seen, a request after the rows of its own instant. The answer is the best of the rows that stand before it:
the nearest, or, where rows became known out of order, a running maximum of their rank by event time.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mlsd_lib.datasets import DataError

if TYPE_CHECKING:
    import pandas as pd

UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
"""Nanoseconds in each unit of time that pandas has, the coarsest first."""
BLOCK = 2**18
"""Rows worked on at a time where the result is known to fit: what lies in the cache is not fetched again."""
KEY_BITS = 62
"""Group, time and position share one 64-bit integer, so that a plain sort, the fastest there is, orders all three."""
SLOT_BITS = 20
HASH = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio: the product's upper bits spread values evenly (Knuth, 1973, section 6.4)."""
NEVER = np.iinfo(np.int64).min
"""How a missing time looks as an integer."""


def point_in_time_join(
    requests: "pd.DataFrame",
    history: "pd.DataFrame",
    by: str | Sequence[str],
    at: str,
    event_time: str,
    columns: str | Sequence[str],
    known_time: str | None = None,
    time_to_live: "pd.Timedelta | str | None" = None,
) -> "pd.DataFrame":
    """The rows of `requests` in their order, with `columns` of the row of `history` that each could see.

    Of the rows with the same `by`, event_time <= at, known_time <= at and event_time > at - time_to_live, that is the
    latest by event time, then by known time, then the last in the table. Without one, and where `by` or a time is
    missing, the columns are missing, and integers become floats as in any pandas join. Neither table need be sorted.

    Raises `DataError` for columns that are absent or would be overwritten, for times that are none or of which some
    have a time zone and some not, for keys of different kinds and for a time to live that is not positive.
    """
    import pandas as pd

    keys = [by] if isinstance(by, str) else list(by)
    columns = [columns] if isinstance(columns, str) else list(columns)
    times = [event_time] if known_time is None else [event_time, known_time]
    _check_columns(requests, history, keys, at, times, columns)
    unit, (now, event, *known) = _ticks([requests[at], *(history[name] for name in times)])
    group = _groups(history, requests, keys)
    life = None if time_to_live is None else _positive(time_to_live, unit)
    row = _latest(group, event, known[0] if known else None, now)
    if life is not None and len(history):
        age = (now - event[row]).view(np.uint64)  # right even where the difference of two far times needs 64 bits
        row[age >= life] = -1
    found = history[columns].reset_index(drop=True).reindex(row)
    return pd.concat([requests, found.set_axis(requests.index)], axis=1)


def _latest(group: np.ndarray, event: np.ndarray, known: np.ndarray | None, now: np.ndarray) -> np.ndarray:
    """The position in the history that answers each request, (m,), or -1. `group`: rows first, then requests."""
    rows, last = len(event), int(now.max(initial=NEVER))
    if not rows or last == NEVER:
        return np.full(len(now), -1)
    group[rows:][now == NEVER] = 0
    time = np.concatenate([event, now])
    seen, asked = time[:rows], time[rows:]
    if known is not None:
        np.maximum(event, known, out=seen)
        seen[known == NEVER] = NEVER
    # What no request can see gets a time among the others, so that the span of all stays short, and no key.
    hidden = (seen > last) | (seen == NEVER) | (event == NEVER)
    group[:rows][hidden], seen[hidden] = 0, last
    asked[asked == NEVER] = last
    line = _order(group, time)
    places = np.flatnonzero(line >= rows)
    if known is None:
        follows_a_row = np.append(True, np.diff(places) > 1)
        best = line[np.maximum.accumulate(np.where(follows_a_row, places - 1, 0))]
    else:
        ranked = _order(group[:rows], np.where(hidden, last, event), known)
        rank = np.full(len(time), -1)
        rank[ranked] = np.arange(rows)
        best = ranked[np.maximum.accumulate(rank[line])[places]]
    row = np.empty(len(now), dtype=np.int64)
    row[line[places] - rows] = best
    # What stands before the first row of a key belongs to another key, or is a request with nothing before it.
    mine = (row < rows) & (group[row] == group[rows:]) & (group[rows:] > 0)
    return np.where(mine & (time[row] <= now), row, -1)


def _order(group: np.ndarray, time: np.ndarray, then: np.ndarray | None = None) -> np.ndarray:
    """Positions by group, then by time, then by `then`, then by position.

    The low bits of the time that do not fit into the sorted integer are left out at first; the few positions that are
    equal in the others are put in order afterwards.
    """
    place_bits, group_bits = len(time).bit_length(), int(group.max()).bit_length()
    first, span = int(time.min()), int(time.max()) - int(time.min())
    out = max(0, place_bits + group_bits + span.bit_length() - KEY_BITS)
    packed = np.empty(len(time), dtype=np.int64)
    for part in _blocks(len(time)):
        cell = (group[part] << (span.bit_length() - out + 1)) + (time[part] >> out) - (first >> out)
        packed[part] = (cell << place_bits) + np.arange(part.start, part.stop)
    packed.sort()
    unsure = _repeated(packed, place_bits) if out or then is not None else np.empty(0, dtype=np.int64)
    cell = packed[unsure] >> place_bits
    packed &= (1 << place_bits) - 1
    if len(unsure):
        tied = packed[unsure]
        packed[unsure] = tied[_order_of_ties(cell, time[tied], out, None if then is None else then[tied])]
    return packed


def _repeated(packed: np.ndarray, place_bits: int) -> np.ndarray:
    """Where a sorted integer equals the one before or after it in all bits but the lowest `place_bits`."""
    same = np.zeros(len(packed) + 1, dtype=bool)
    for part in _blocks(len(packed) - 1):
        same[part.start + 1 : part.stop + 1] = (
            packed[part] ^ packed[part.start + 1 : part.stop + 1]
        ) >> place_bits == 0
    return np.flatnonzero(same[1:] | same[:-1])


def _order_of_ties(cell: np.ndarray, time: np.ndarray, out: int, then: np.ndarray | None) -> np.ndarray:
    """Positions by `cell`, which is sorted, then by `time`, then by `then`, then by position.

    Times of one cell differ in their `out` low bits only. Number of the cell, these bits and the position within the
    cell share an integer, as above; where they are too many, or there is a `then`, the slower sort by columns does it.
    """
    starts = np.flatnonzero(np.append(True, cell[1:] != cell[:-1]))
    sizes = np.diff(starts, append=len(cell))
    nth_bits = int(sizes.max()).bit_length()
    if then is not None or len(starts).bit_length() + out + nth_bits > KEY_BITS:
        return np.lexsort((time, cell) if then is None else (then, time, cell))
    number = np.repeat(np.arange(len(starts)), sizes)
    packed = (number << out) + (time & ((1 << out) - 1))
    packed = (packed << nth_bits) + np.arange(len(cell)) - starts[number]
    packed.sort()
    return starts[packed >> (out + nth_bits)] + (packed & ((1 << nth_bits) - 1))


def _blocks(length: int) -> list[slice]:
    return [slice(start, min(start + BLOCK, length)) for start in range(0, length, BLOCK)]


def _groups(history: "pd.DataFrame", requests: "pd.DataFrame", keys: list[str]) -> np.ndarray:
    """One integer a row, history first, then requests: equal where all keys are equal, 0 where one is missing."""
    import pandas as pd

    group = _codes(history[keys[0]], requests[keys[0]])
    for key in keys[1:]:
        part = _codes(history[key], requests[key])
        missing = (group == 0) | (part == 0)
        group = pd.factorize(group * (part.max(initial=0) + 1) + part)[0] + 1
        group[missing] = 0
    return group


def _codes(stored: "pd.Series", asked: "pd.Series") -> np.ndarray:
    """The same for one key. Integers that lie close together stand for themselves."""
    import pandas as pd

    types, kinds = pd.api.types, (stored.dtype, asked.dtype)
    alike = kinds[0] == kinds[1] or all(map(types.is_signed_integer_dtype, kinds))
    if not alike and any(map(types.is_numeric_dtype, kinds)):
        raise DataError(
            f"The key {stored.name!r} is {kinds[0]} in the history and {kinds[1]} in the requests; "
            "keys match only within one kind. Convert one of them with astype."
        )
    if all(isinstance(kind, np.dtype) and kind.kind == "i" for kind in kinds) and len(stored) and len(asked):
        return _integer_codes([stored.to_numpy(np.int64), asked.to_numpy(np.int64)])
    return pd.factorize(pd.concat([stored, asked], ignore_index=True))[0] + 1


def _integer_codes(values: list[np.ndarray]) -> np.ndarray:
    """The same for integers: what lies close together stands for itself, other values for their slot in a hash table.

    The table is small enough to stay in the cache. Of values that fall into one slot the last keeps it; the others get
    integers above the table's size.
    """
    import pandas as pd

    low, high = min(int(value.min()) for value in values), max(int(value.max()) for value in values)
    code = np.concatenate(values)
    if high - low < 4 * len(code):
        code -= low - 1
        return code
    bits = min(SLOT_BITS, len(code).bit_length())
    holder = np.zeros(1 << bits, dtype=np.int64)
    for part in _blocks(len(code)):
        holder[_slot(code[part], bits)] = code[part]
    lost_places, lost_values = [], []
    for part in _blocks(len(code)):
        value, slot = code[part], _slot(code[part], bits)
        lost = np.flatnonzero(holder[slot] != value)
        lost_places.append(part.start + lost)
        lost_values.append(value[lost])
        code[part] = slot + 1
    code[np.concatenate(lost_places)] = pd.factorize(np.concatenate(lost_values))[0] + 1 + len(holder)
    return code


def _slot(value: np.ndarray, bits: int) -> np.ndarray:
    return ((value.view(np.uint64) * HASH) >> np.uint64(64 - bits)).view(np.int64)


def _ticks(times: "list[pd.Series]") -> tuple[str, list[np.ndarray]]:
    """The finest unit among `times`, and each as integers in it since 1970 UTC."""
    import pandas as pd

    for time in times:
        if not pd.api.types.is_datetime64_any_dtype(time.dtype):
            raise DataError(f"The column {time.name!r} is {time.dtype}; a time is needed. Use pandas.to_datetime.")
    zones = {str(time.name): time.dt.tz for time in times}
    if len({zone is None for zone in zones.values()}) == 2:
        reported = ", ".join(f"{name}: {zone or 'none'}" for name, zone in zones.items())
        raise DataError(
            f"Some of the times have a time zone and some not ({reported}); they cannot be compared. "
            "Say with .dt.tz_localize which zone the others are in."
        )
    unit = max((time.dt.unit for time in times), key=list(UNITS).index)
    try:
        # The same unit again would be a copy.
        alike = [time if time.dt.unit == unit else time.dt.as_unit(unit) for time in times]
    except pd.errors.OutOfBoundsDatetime as error:
        raise DataError(f"{error}: the finest of the times counts in {unit}. Use .dt.as_unit('us') on it.") from None
    return unit, [time.to_numpy(dtype=f"datetime64[{unit}]").view(np.int64) for time in alike]


def _positive(time_to_live: "pd.Timedelta | str", unit: str) -> int:
    """`time_to_live` in `unit`, rounded up: ages are whole, so a whole age is below it as before."""
    import pandas as pd

    try:
        life = pd.Timedelta(time_to_live)
    except (ValueError, TypeError) as error:
        raise DataError(
            f"time_to_live is {time_to_live!r} ({error}); it must be a length. Give, say, '7 days'."
        ) from None
    if not life > pd.Timedelta(0):
        raise DataError(f"time_to_live is {time_to_live}; it must be longer than nothing. Give, say, '7 days'.")
    length_ns = ((life.days * 86_400 + life.seconds) * 1_000_000 + life.microseconds) * 1000 + life.nanoseconds
    return -(-length_ns // UNITS[unit])


def _check_columns(
    requests: "pd.DataFrame", history: "pd.DataFrame", keys: list[str], at: str, times: list[str], columns: list[str]
) -> None:
    for name, table, needed in (("requests", requests, [*keys, at]), ("history", history, [*keys, *times, *columns])):
        absent = [column for column in needed if column not in table.columns]
        if absent:
            raise DataError(f"The {name} have no column {absent[0]!r}, only {list(table.columns)}. Name one of these.")
        twice = [column for column in needed if list(table.columns).count(column) > 1]
        if twice:
            raise DataError(f"The {name} have {twice[0]!r} more than once: {list(table.columns)}. Rename one.")
    taken = [column for column in columns if column in requests.columns]
    if taken:
        raise DataError(f"The requests have a column {taken[0]!r} already. Rename it there or in the history.")
