"""The tests of the exercises as students have them: criteria and public cases.

What only the grader may know lies in its folder `hidden`; a suite takes it through `Exercise.hidden`, and no other way.
"""
