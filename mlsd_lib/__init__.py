"""The instruments that the lessons share: one room for each stage of the book.

Importing this package imports nothing else; a room pulls in what it needs when it is used. Rooms import only
rooms before them: notebooks, lesson, datasets, data, modeling, serving, simulation, operations.
"""
