"""The isolation of a sandboxed process, one module a mechanism, and `enter`, the one ordered list of its steps.

No policy about tests or marks may enter here.
"""
