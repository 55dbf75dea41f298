"""Wrong answers to *your turn* in the second lesson on model serving."""

SPLIT = "def answers_of(requests, model):\n    "
NEWEST = "def newest(names):\n    "
ALL = "scores = iter(model([row for rows in requests for row in rows]))\n    "
WRONG = {
    "split": [
        (SPLIT + "return [model(rows) for rows in requests]", "One call for all rows"),
        (SPLIT + ALL + "return list(scores)", "A list for each request"),
        (SPLIT + ALL + "return [[next(scores)] for rows in requests]", "as many scores as it sent rows"),
        (SPLIT + ALL + "return [[next(scores) for _ in rows] for rows in requests if rows]", "gets an empty list"),
    ],
    "folder": [
        (
            NEWEST + "found = max((n for n in names if n.isdecimal()), default=None)\n    "
            "return None if found is None else int(found)",
            "compare numbers",
        ),
        (
            NEWEST + "return max((int(n) for n in names if n.isdecimal()), default=0) or (None if not names else 0)",
            "the answer is None",
        ),
        (
            NEWEST + "return max((int(n.split('.')[0]) for n in names if n[0].isdecimal()), default=None)",
            "not a whole number",
        ),
    ],
}
