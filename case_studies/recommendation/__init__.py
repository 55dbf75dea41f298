"""Recommendation for a shop, a complete system: `python -m case_studies.recommendation --help`.

`recommendation.ipynb` next to this file drives the system and explains it; `recommendation_offline.ipynb` compares its
methods on the log alone.
"""
