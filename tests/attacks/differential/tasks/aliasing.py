"""Exercises about aliasing: copies and views, arguments changed or left alone."""

from tests.attacks.differential.model import Exercise

ALIASING = (
    Exercise(
        "make_grid",
        """
        grid = make_grid(2, 3)
        assert [list(row) for row in grid] == [[0, 0, 0], [0, 0, 0]]
        grid[0][0] = 1
        assert grid[0][0] == 1
        assert grid[1][0] == 0, "the rows are one and the same list"
        """,
        right={
            "plain": "def make_grid(rows, columns): return [[0] * columns for _ in range(rows)]",
            "numpy": "import numpy as np\ndef make_grid(rows, columns): return np.zeros((rows, columns), dtype=int)",
            "rows of bytes": "def make_grid(rows, columns): return [bytearray(columns) for _ in range(rows)]",
            "rows of a subclass": """
                class Row(list):
                    def total(self): return sum(self)
                def make_grid(rows, columns): return tuple(Row([0] * columns) for _ in range(rows))
            """,
            "loops": """
                def make_grid(rows, columns):
                    grid = []
                    while len(grid) < rows:
                        grid.append(list(map(int, "0" * columns)))
                    return grid
            """,
        },
        wrong={
            "one row many times": "def make_grid(rows, columns): return [[0] * columns] * rows",
            "one row kept": """
                def make_grid(rows, columns):
                    row = [0] * columns
                    return [row for _ in range(rows)]
            """,
        },
    ),
    Exercise(
        "deep_copy",
        """
        nested = {"a": [1, 2], "b": {"c": [3]}}
        twin = deep_copy(nested)
        assert twin == nested
        nested["b"]["c"].append(4)
        nested["a"][0] = 100
        assert twin == {"a": [1, 2], "b": {"c": [3]}}
        """,
        right={
            "plain": """
                def deep_copy(value):
                    if isinstance(value, dict):
                        return {key: deep_copy(one) for key, one in value.items()}
                    if isinstance(value, list):
                        return [deep_copy(one) for one in value]
                    return value
            """,
            "alias of copy.deepcopy": "from copy import deepcopy as deep_copy",
            "JSON": "import json\ndef deep_copy(value): return json.loads(json.dumps(value))",
            "pickle": "import pickle\ndef deep_copy(value): return pickle.loads(pickle.dumps(value))",
        },
        wrong={
            "shallow": "def deep_copy(value): return dict(value)",
            "copy.copy": "from copy import copy as deep_copy",
            "one level": "def deep_copy(value): return {key: one.copy() for key, one in value.items()}",
        },
    ),
    Exercise(
        "flipped",
        """
        values = [1, 2, 3]
        turned = flipped(values)
        assert turned == [3, 2, 1] and turned is not values
        assert values == [1, 2, 3]
        ### BEGIN HIDDEN TESTS
        single = [1]
        assert flipped(single) == [1] and flipped(single) is not single, "a new list is promised"
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def flipped(values): return values[::-1]",
            "reversed": "def flipped(values): return list(reversed(values))",
            "recursive": "def flipped(values): return flipped(values[1:]) + values[:1] if values else []",
            "copied first": "def flipped(values):\n    values = values.copy()\n    values.reverse()\n    return values",
        },
        wrong={
            "in place": "def flipped(values):\n    values.reverse()\n    return values",
            "the same if short": "def flipped(values): return values if len(values) < 2 else values[::-1]",
        },
    ),
    Exercise(
        "drop_odd",
        """
        values = [1, 2, 3, 3, 4, 5]
        alias = values
        assert drop_odd(values) is None
        assert values == [2, 4] and alias == [2, 4]
        ### BEGIN HIDDEN TESTS
        odd = [1, 1, 1]
        drop_odd(odd)
        assert odd == []
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def drop_odd(values): values[:] = [one for one in values if one % 2 == 0]",
            "from behind": """
                def drop_odd(values):
                    for k in range(len(values) - 1, -1, -1):
                        if values[k] % 2:
                            del values[k]
            """,
            "clear and extend": """
                def drop_odd(values):
                    even = tuple(filter(lambda one: not one % 2, values))
                    values.clear()
                    values.extend(even)
            """,
            "one after the other": """
                def drop_odd(values):
                    for odd in [one for one in values if one % 2]:
                        values.remove(odd)
            """,
        },
        wrong={
            "bound again": "def drop_odd(values): values = [one for one in values if one % 2 == 0]",
            "removed while running": "def drop_odd(values):\n    for v in values:\n        if v % 2: values.remove(v)",
            "returned": "def drop_odd(values): return [one for one in values if one % 2 == 0]",
        },
    ),
    Exercise(
        "merged",
        """
        first, second = {"a": 1, "b": 1}, {"b": 2}
        both = merged(first, second)
        assert dict(both) == {"a": 1, "b": 2}
        assert first == {"a": 1, "b": 1} and second == {"b": 2}, "an argument was changed"
        ### BEGIN HIDDEN TESTS
        both["z"] = 0
        assert "z" not in first and "z" not in second
        assert merged(first, {}) is not first
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def merged(first, second): return {**first, **second}",
            "operator": "import operator\nmerged = operator.or_",
            "ChainMap": """
                from collections import ChainMap
                def merged(first, second): return ChainMap({}, second, first)
            """,
            "comprehension": """
                from itertools import chain
                def merged(*tables): return {k: v for k, v in chain.from_iterable(one.items() for one in tables)}
            """,
            "subclass of dict": """
                class Settings(dict):
                    def __getattr__(self, name): return self[name]
                def merged(first, second):
                    both = Settings(first)
                    both.update(second)
                    return both
            """,
        },
        wrong={
            "updates the first": "def merged(first, second):\n    first.update(second)\n    return first",
            "no copy if nothing new": "def merged(first, second): return {**first, **second} if second else first",
        },
    ),
    Exercise(
        "playlist",
        """
        songs = ["a", "b"]
        playlist = Playlist(songs)
        songs.append("c")
        assert list(playlist.songs) == ["a", "b"], "the caller's list is kept"
        playlist.add("d")
        assert list(playlist.songs) == ["a", "b", "d"] and songs == ["a", "b", "c"]
        """,
        right={
            "plain": """
                class Playlist:
                    def __init__(self, songs): self.songs = list(songs)
                    def add(self, song): self.songs.append(song)
            """,
            "tuple": """
                class Playlist:
                    def __init__(self, songs): self.songs = tuple(songs)
                    def add(self, song): self.songs += (song,)
            """,
            "dataclass": """
                from dataclasses import dataclass
                @dataclass
                class Playlist:
                    songs: list
                    def __post_init__(self): self.songs = self.songs[:]
                    def add(self, song): self.songs = [*self.songs, song]
            """,
            "property": """
                from collections import deque
                class Playlist:
                    def __init__(self, songs): self._songs = deque(songs)
                    @property
                    def songs(self): return self._songs
                    def add(self, song): self._songs.append(song)
            """,
            "is a list": """
                class Playlist(list):
                    @property
                    def songs(self): return self
                    add = list.append
            """,
        },
        wrong={
            "keeps the list": """
                class Playlist:
                    def __init__(self, songs): self.songs = songs
                    def add(self, song): self.songs = self.songs + [song]
            """,
            "dataclass that keeps it": """
                from dataclasses import dataclass
                @dataclass
                class Playlist:
                    songs: list
                    def add(self, song): self.songs.append(song)
            """,
        },
    ),
    Exercise(
        "first_row",
        """
        matrix = np.arange(6).reshape(2, 3)
        row = first_row(matrix)
        assert list(row) == [0, 1, 2]
        row[0] = 99
        assert matrix[0, 0] == 0, "the row is a view of the matrix"
        """,
        right={
            "plain": "def first_row(matrix): return matrix[0].copy()",
            "array": "import numpy as np\ndef first_row(matrix): return np.array(matrix[0])",
            "list": "def first_row(matrix): return list(matrix[0])",
            "chosen by a list": "def first_row(matrix): return matrix[[0]][0]",
        },
        wrong={
            "view": "def first_row(matrix): return matrix[0]",
            "asarray": "import numpy as np\ndef first_row(matrix): return np.asarray(matrix)[0, :]",
            "reshaped": "def first_row(matrix): return matrix.reshape(-1)[: matrix.shape[1]]",
        },
    ),
)
