"""Moderation of posts, a complete system: `python -m case_studies.moderation --help`.

`moderation.ipynb` next to this file drives the system and explains it.
"""
