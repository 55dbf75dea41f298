"""What the runner puts into the processes of a run: this folder goes first on their PYTHONPATH.

Standard library only and nothing of the course: interpreters of other environments load it too.
"""
