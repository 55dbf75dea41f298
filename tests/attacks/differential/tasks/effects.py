"""Exercises judged by what they leave behind: files, streams, databases, logs, warnings, plots."""

from tests.attacks.differential.model import Exercise

EFFECTS = (
    Exercise(
        "write_lines",
        """
        write_lines("lines.txt", ["one", "two"])
        with open("lines.txt") as file:
            assert file.read() == "one\\ntwo\\n"
        ### BEGIN HIDDEN TESTS
        write_lines("lines.txt", ["three"])
        assert open("lines.txt").read().splitlines() == ["three"], "the file is written anew"
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def write_lines(path, lines):
                    with open(path, "w") as file:
                        for line in lines:
                            file.write(line + "\\n")
            """,
            "pathlib": """
                from pathlib import Path
                def write_lines(path, lines): Path(path).write_text("".join(f"{line}\\n" for line in lines))
            """,
            "print": """
                def write_lines(path, lines):
                    with open(path, 'w') as file:
                        print(*lines, sep='\\n', file=file)
            """,
            "numpy": "import numpy as np\ndef write_lines(path, lines): np.savetxt(path, lines, fmt='%s')",
            "moved into place": """
                import os
                def write_lines(path, lines):
                    with open(path + ".new", "wb") as file:
                        file.writelines(line.encode() + b"\\n" for line in lines)
                    os.replace(path + ".new", path)
            """,
        },
        wrong={
            "appends": """
                def write_lines(path, lines):
                    with open(path, "a") as file:
                        file.writelines(line + "\\n" for line in lines)
            """,
            "one line": """
                def write_lines(path, lines):
                    with open(path, 'w') as file:
                        file.writelines(lines)
            """,
        },
    ),
    Exercise(
        "read_scores",
        """
        with open("scores.csv", "w") as file:
            file.write("name,score\\nada,3\\nbob,4.5\\n")
        assert read_scores("scores.csv") == {"ada": 3.0, "bob": 4.5}
        ### BEGIN HIDDEN TESTS
        with open("empty.csv", "w") as file:
            file.write("name,score\\n")
        assert read_scores("empty.csv") == {}
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                import csv
                def read_scores(path):
                    with open(path) as file:
                        return {row["name"]: float(row["score"]) for row in csv.DictReader(file)}
            """,
            "by hand": """
                def read_scores(path):
                    rows = open(path).read().strip().split("\\n")[1:]
                    return {name: float(score) for name, score in (row.split(",") for row in rows)}
            """,
            "pandas": """
                import pandas as pd
                def read_scores(path): return pd.read_csv(path).set_index("name")["score"].to_dict()
            """,
            "subclass of dict": """
                from pathlib import Path
                class Scores(dict):
                    @property
                    def best(self): return max(self, key=self.get)
                def read_scores(path):
                    scores = Scores()
                    for row in Path(path).read_text().splitlines()[1:]:
                        name, _, score = row.rpartition(",")
                        scores[name] = float(score)
                    return scores
            """,
        },
        wrong={
            "text": """
                import csv
                def read_scores(path): return {row["name"]: row["score"] for row in csv.DictReader(open(path))}
            """,
            "from memory": "def read_scores(path): return {'ada': 3.0, 'bob': 4.5}",
        },
    ),
    Exercise(
        "save_state",
        """
        import json
        import os
        if os.path.exists("state.json"):
            os.remove("state.json")
        save_state({"n": 1, "tags": ["a"]}, "state.json")
        assert os.path.exists("state.json")
        with open("state.json") as file:
            assert json.load(file) == {"n": 1, "tags": ["a"]}
        assert load_state("state.json")["n"] == 1
        ### BEGIN HIDDEN TESTS
        assert load_state("nothing.json") == {}, "no file, no state"
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                import json
                import os
                def save_state(state, path):
                    with open(path, "w") as file:
                        json.dump(state, file)
                def load_state(path):
                    if not os.path.exists(path):
                        return {}
                    with open(path) as file:
                        return json.load(file)
            """,
            "pathlib": """
                import json
                from pathlib import Path
                def save_state(state, path): Path(path).write_text(json.dumps(state, indent=2))
                def load_state(path):
                    path = Path(path)
                    return json.loads(path.read_text()) if path.is_file() else {}
            """,
            "exception": """
                import json
                def save_state(state, path):
                    with open(path, "wb") as file:
                        file.write(json.dumps(state).encode())
                def load_state(path):
                    try:
                        return json.loads(open(path, "rb").read())
                    except FileNotFoundError:
                        return {}
            """,
        },
        wrong={
            "pickle": """
                import os
                import pickle
                def save_state(state, path):
                    with open(path, "wb") as file:
                        pickle.dump(state, file)
                def load_state(path): return pickle.load(open(path, "rb")) if os.path.exists(path) else {}
            """,
            "kept in memory": """
                KEPT = {}
                def save_state(state, path): KEPT[path] = state
                def load_state(path): return KEPT.get(path, {})
            """,
        },
    ),
    Exercise(
        "report",
        """
        out = io.StringIO()
        assert report([("a", 1), ("b", 22)], out) == 2
        assert out.getvalue() == "a: 1\\nb: 22\\n"
        """,
        right={
            "plain": """
                def report(rows, out):
                    for name, value in rows:
                        out.write(f"{name}: {value}\\n")
                    return len(rows)
            """,
            "print": """
                def report(rows, out):
                    for row in rows:
                        print(*row, sep=": ", file=out)
                    return len(rows)
            """,
            "redirected": """
                import contextlib
                def report(rows, out):
                    with contextlib.redirect_stdout(out):
                        for name, value in rows:
                            print(f"{name}: {value}")
                    return len(rows)
            """,
            "writelines": """
                def report(rows, out):
                    out.writelines("%s: %d\\n" % row for row in rows)
                    return sum(1 for _ in rows)
            """,
        },
        wrong={
            "printed": "def report(rows, out):\n    for a, b in rows: print(f'{a}: {b}')\n    return len(rows)",
            "nothing returned": "def report(rows, out):\n    for a, b in rows: out.write(f'{a}: {b}\\n')",
        },
    ),
    Exercise(
        "add_user",
        """
        import sqlite3
        connection = sqlite3.connect(":memory:")
        connection.execute("create table users (name text)")
        add_user(connection, "Ada")
        add_user(connection, "o'Brien")
        assert connection.execute("select name from users order by rowid").fetchall() == [("Ada",), ("o'Brien",)]
        """,
        right={
            "plain": "def add_user(connection, name): connection.execute('insert into users values (?)', (name,))",
            "cursor": """
                def add_user(connection, name):
                    cursor = connection.cursor()
                    cursor.execute("insert into users (name) values (:name)", {"name": name})
                    cursor.close()
            """,
            "transaction": """
                def add_user(connection, name):
                    with connection:
                        connection.executemany("insert into users values (?)", [(name,)])
            """,
        },
        wrong={
            "quoted by hand": """
                def add_user(connection, name): connection.execute(f"insert into users values ('{name}')")
            """,
            "lower case": "def add_user(c, name): c.execute('insert into users values (?)', (name.lower(),))",
        },
    ),
    Exercise(
        "order_stock",
        """
        with unittest.TestCase().assertLogs("shop", level="WARNING") as logs:
            order_stock(2)
        assert len(logs.records) == 1 and "2" in logs.output[0]
        """,
        right={
            "plain": "import logging\ndef order_stock(n): logging.getLogger('shop').warning('only %d left', n)",
            "child": "import logging\ndef order_stock(n): logging.getLogger('shop.stock').error(f'{n} left')",
            "object": """
                import logging
                class Shop:
                    log = logging.getLogger("shop")
                    def order(self, n): self.log.log(logging.WARNING, "left: %s", n)
                order_stock = Shop().order
            """,
        },
        wrong={
            "printed": "def order_stock(n): print(f'only {n} left')",
            "too quiet": "import logging\ndef order_stock(n): logging.getLogger('shop').info('only %d left', n)",
        },
    ),
    Exercise(
        "old_name",
        """
        import warnings
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert old_name(2) == 4
        assert [one.category for one in caught] == [DeprecationWarning]
        ### BEGIN HIDDEN TESTS
        with unittest.TestCase().assertWarns(DeprecationWarning):
            old_name(1)
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                import warnings
                def old_name(x):
                    warnings.warn("use double", DeprecationWarning, stacklevel=2)
                    return 2 * x
            """,
            "object": """
                import warnings
                def old_name(x):
                    warnings.warn(DeprecationWarning("old_name is old"))
                    return x + x
            """,
            "decorator": """
                import functools
                import warnings
                def deprecated(function):
                    @functools.wraps(function)
                    def wrapper(*args):
                        warnings.warn(f"{function.__name__} is deprecated", category=DeprecationWarning)
                        return function(*args)
                    return wrapper
                @deprecated
                def old_name(x): return 2 * x
            """,
        },
        wrong={
            "silent": "def old_name(x): return 2 * x",
            "another category": """
                import warnings
                def old_name(x):
                    warnings.warn('old', UserWarning)
                    return 2 * x
            """,
        },
    ),
    Exercise(
        "plot_line",
        """
        try:
            ax = plot_line([0, 1, 2], [1, 3, 2])
            assert ax.get_title() == "Load" and ax.get_xlabel() == "hour"
            assert len(ax.lines) == 1
            np.testing.assert_array_equal(ax.lines[0].get_ydata(), [1, 3, 2])
            ### BEGIN HIDDEN TESTS
            assert ax.lines[0].get_xdata().tolist() == [0, 1, 2]
            ### END HIDDEN TESTS
        finally:
            plt.close("all")
        """,
        right={
            "plain": """
                import matplotlib.pyplot as plt
                def plot_line(x, y):
                    figure, ax = plt.subplots()
                    ax.plot(x, y)
                    ax.set_title("Load")
                    ax.set_xlabel("hour")
                    return ax
            """,
            "the current figure": """
                import matplotlib.pyplot as plt
                def plot_line(x, y):
                    plt.plot(x, y, "r--")
                    plt.title("Load")
                    plt.xlabel("hour")
                    return plt.gca()
            """,
            "figure alone": """
                from matplotlib.figure import Figure
                def plot_line(x, y):
                    ax = Figure().add_subplot()
                    ax.plot(x, y, marker="o")
                    ax.set(title="Load", xlabel="hour")
                    return ax
            """,
            "pandas": """
                import pandas as pd
                def plot_line(x, y):
                    ax = pd.Series(y, index=x).plot(title="Load")
                    ax.set_xlabel("hour")
                    return ax
            """,
        },
        wrong={
            "no label": """
                import matplotlib.pyplot as plt
                def plot_line(x, y):
                    ax = plt.figure().add_subplot()
                    ax.plot(x, y)
                    ax.set_title('Load')
                    return ax
            """,
            "turned": """
                import matplotlib.pyplot as plt
                def plot_line(x, y):
                    ax = plt.figure().add_subplot(title='Load', xlabel='hour')
                    ax.plot(y, x)
                    return ax
            """,
        },
    ),
)
