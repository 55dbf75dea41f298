"""Predictive maintenance, a complete system: `python -m case_studies.maintenance --help`.

`maintenance.ipynb` next to this file drives the system and explains it.
"""
