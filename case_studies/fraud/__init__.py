"""Card fraud, a complete system: `python -m case_studies.fraud --help`.

`fraud.ipynb` next to this file drives the system and explains it.
"""
