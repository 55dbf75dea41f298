"""`mlsd test-often`: tests that start a process, a server, a browser or a clock, many times on a busy machine.

`reach` says which tests these are, `plugin` chooses them in pytest and notes what each did, `book` keeps and counts
that, `load` keeps the machine busy, `command` repeats and tells. It serves the tests of the full repository; nothing
that a student or an instructor uses may depend on it.
"""
