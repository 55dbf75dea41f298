"""Personalization, a complete system: `python -m case_studies.personalization train|serve|simulate|report|rollback`.

`personalization.ipynb` next to this file drives the system and explains it.
"""
