"""The walls round a sandboxed process, one module each, and `enter`, the one ordered list of how they are raised.

No policy about tests or marks may enter here.
"""
