"""A shop's support assistant, a complete system: `python -m case_studies.assistant --help`.

`assistant.ipynb` next to this file drives the system and explains it.
"""
