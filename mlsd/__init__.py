"""The command line: every verb of `mlsd`, and what wires it to the rooms that do the work."""
