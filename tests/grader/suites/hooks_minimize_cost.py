"""What the contract needs to know of `minimize_cost`: of five draws one that moves a mark, as one in fourteen does."""

SEEDS = {4: (13, 1013)}
"""The seeds of days and questions, by the number of the cases."""
