"""Card fraud, a complete system: `python -m case_studies.fraud train|serve|simulate|report|rollback`.

`fraud.ipynb` next to this file drives the system and explains it.
"""
