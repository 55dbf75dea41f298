"""Tests apart from the student's code: the checker, its channel to the student's session, and what crosses there.

What runs on the student's side (`object_server`) is believed in nothing; what runs in the checker holds the tests.
"""
