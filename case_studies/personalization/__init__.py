"""Personalization, a complete system: `python -m case_studies.personalization --help`.

`personalization.ipynb` next to this file drives the system and explains it.
"""
