"""Stands before the debugger, which a kernel loads at its start for a front end: a run has none, and is not stopped."""

raise ImportError("A run for the record has no debugger.", name="debugpy")
