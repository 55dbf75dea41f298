"""What a suite is written with: the adapter to an answer, the form in which values cross, criteria, measuring, points.

Nothing of one exercise, and nothing that grades, may enter here.
"""
