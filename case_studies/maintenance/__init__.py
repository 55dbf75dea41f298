"""Predictive maintenance, a complete system: `python -m case_studies.maintenance train|serve|simulate|report|rollback`.

`maintenance.ipynb` next to this file drives the system and explains it.
"""
