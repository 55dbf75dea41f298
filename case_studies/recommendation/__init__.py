"""Recommendation for a shop, a complete system: `python -m case_studies.recommendation train|serve|simulate|report`.

`recommendation.ipynb` next to this file drives the system and explains it.
"""
