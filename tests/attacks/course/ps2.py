"""Problem set 2: tables. Frames and series go in and out, one answer is a plain value."""

from tests.attacks.course import Assignment, Task

SETUP = """\
import pandas as pd

trips = pd.read_csv("trips.csv")
"""

TRIPS = "city,day,minutes\nOslo,1,12\nLima,1,40\nOslo,2,\nLima,2,35\nKyiv,2,20\nKyiv,2,20\n"

CLEAN = Task(
    "clean",
    2,
    '''
def clean(table):
    """The table without incomplete and repeated rows, numbered from 0."""
    ### BEGIN SOLUTION
    return table.dropna().drop_duplicates().reset_index(drop=True)
    ### END SOLUTION
''',
    """
expected = pd.DataFrame(
    {"city": ["Oslo", "Lima", "Lima", "Kyiv"], "day": [1, 1, 2, 2], "minutes": [12.0, 40.0, 35.0, 20.0]}
)
pd.testing.assert_frame_equal(clean(trips), expected)
assert len(trips) == 6, "the table that was handed over has changed"
""",
    {
        "repeated": ("def clean(table):\n    return table.dropna().reset_index(drop=True)", 0),
        "in_place": (
            "def clean(table):\n    table.dropna(inplace=True)\n    table.drop_duplicates(inplace=True)\n"
            "    return table.reset_index(drop=True)",
            0,
        ),
    },
)

TOTALS = Task(
    "totals",
    3,
    '''
def total_minutes(table):
    """Minutes by city, a series."""
    ### BEGIN SOLUTION
    return table.groupby("city")["minutes"].sum()
    ### END SOLUTION
''',
    """
found = total_minutes(trips)
earned = 0.0
earned += float(found["Lima"] == 75)
earned += float(found["Oslo"] == 12)
### BEGIN HIDDEN TESTS
more = total_minutes(pd.DataFrame({"city": ["A", "B", "A"], "minutes": [1, 2, 4]}))
earned += float(more.to_dict() == {"A": 5, "B": 2})
### END HIDDEN TESTS
earned
""",
    {
        "mean": ('def total_minutes(table):\n    return table.groupby("city")["minutes"].mean()', 1),
        "fixed": ('def total_minutes(table):\n    return pd.Series({"Lima": 75, "Oslo": 12, "Kyiv": 40})', 2),
    },
)

LONGEST = Task(
    "longest",
    1,
    """
### BEGIN SOLUTION
longest = trips.loc[trips["minutes"].idxmax(), "city"]
### END SOLUTION
""",
    """
assert longest == "Lima"
""",
    {"index": ('longest = trips["minutes"].idxmax()', 0), "shortest": ('longest = "Oslo"', 0)},
)

PS2 = Assignment("ps2", SETUP, (CLEAN, TOTALS, LONGEST), {"trips.csv": TRIPS})
