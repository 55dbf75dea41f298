"""Card fraud, a complete system: `python -m case_studies.fraud train|serve|simulate|report`.

`fraud.ipynb` beside this file drives the system and explains it.
"""
