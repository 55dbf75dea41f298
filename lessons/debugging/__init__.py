"""Debugging a model that runs and is wrong: a small pipeline, the bugs planted in it, and the turns' checks.

What finds a bug stands in the cells of the lesson. Nothing here may train a model that the course later serves.
"""
