"""The tests of suites, apart from the student's code: the checker, and its channel to the student's session."""
