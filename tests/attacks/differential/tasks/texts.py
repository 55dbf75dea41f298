"""Exercises about text: strings and bytes, exact types, printed output, docstrings."""

from tests.attacks.differential.model import Exercise

TEXTS = (
    Exercise(
        "count_words",
        """
        assert count_words("to be or not to be") == {"to": 2, "be": 2, "or": 1, "not": 1}
        assert count_words("") == {}
        ### BEGIN HIDDEN TESTS
        counts = count_words("A a b")
        assert counts["a"] == 2 and "b" in counts and len(counts) == 2
        assert sorted(counts.items()) == [("a", 2), ("b", 1)]
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def count_words(text):
                    counts = {}
                    for word in text.lower().split():
                        counts[word] = counts.get(word, 0) + 1
                    return counts
            """,
            "Counter": """
                from collections import Counter
                def count_words(text):
                    return Counter(text.lower().split())
            """,
            "subclass of dict": """
                class Counts(dict):
                    def __missing__(self, word):
                        return 0
                def count_words(text):
                    counts = Counts()
                    for word in text.casefold().split():
                        counts[word] += 1
                    return counts
            """,
            "UserDict": """
                from collections import UserDict
                def count_words(text):
                    words = text.lower().split()
                    return UserDict({word: words.count(word) for word in words})
            """,
            "read-only view": """
                from types import MappingProxyType
                def count_words(text):
                    words = text.lower().split()
                    return MappingProxyType({word: words.count(word) for word in words})
            """,
        },
        wrong={
            "case counts": "from collections import Counter\ndef count_words(text): return Counter(text.split())",
            "letters": "from collections import Counter\ndef count_words(text): return Counter(text.lower())",
        },
    ),
    Exercise(
        "caesar",
        """
        assert caesar("abc", 1) == "bcd"
        assert caesar("xyz", 3) == "abc", "the alphabet starts again"
        ### BEGIN HIDDEN TESTS
        assert caesar(caesar("hello world", 5), -5) == "hello world"
        assert len(caesar("a b", 2)) == 3 and caesar("a b", 2)[1] == " "
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def caesar(text, shift):
                    letters = [chr((ord(one) - 97 + shift) % 26 + 97) if one.isalpha() else one for one in text]
                    return "".join(letters)
            """,
            "translate": """
                from string import ascii_lowercase as letters
                def caesar(text, shift):
                    shift %= 26
                    return text.translate(str.maketrans(letters, letters[shift:] + letters[:shift]))
            """,
            "numpy text": """
                import numpy as np
                def caesar(text, shift):
                    codes = [ord(one) if one == " " else (ord(one) - 97 + shift) % 26 + 97 for one in text]
                    return np.str_("".join(map(chr, codes)))
            """,
            "subclass of str": """
                class Cipher(str):
                    def __add__(self, other):
                        return Cipher(str(self) + other)
                def caesar(text, shift):
                    done = Cipher()
                    for one in text:
                        done = done + (chr((ord(one) - 97 + shift) % 26 + 97) if one.isalpha() else one)
                    return done
            """,
            "recursive": """
                def caesar(text, shift):
                    if not text:
                        return text
                    first = text[0] if text[0] == " " else chr((ord(text[0]) - 97 + shift) % 26 + 97)
                    return first + caesar(text[1:], shift)
            """,
        },
        wrong={
            "no new start": "def caesar(text, shift): return ''.join(chr(ord(one) + shift) for one in text)",
            "list": "def caesar(text, shift): return [chr((ord(one) - 97 + shift) % 26 + 97) for one in text]",
        },
    ),
    Exercise(
        "trimmed",
        """
        assert type(trimmed("  a ")) is str
        assert trimmed(" b c ") == "b c"
        """,
        right={
            "plain": "def trimmed(text): return text.strip()",
            "method of str": "trimmed = str.strip",
            "regular expression": "import re\ndef trimmed(text): return re.sub(r'^\\s+|\\s+$', '', text)",
            "from a subclass": "class T(str): pass\ndef trimmed(text): return str(T(text).strip())",
        },
        wrong={
            "numpy text": "import numpy as np\ndef trimmed(text): return np.str_(text.strip())",
            "subclass": "class Trimmed(str): pass\ndef trimmed(text): return Trimmed(text.strip())",
            "left": "trimmed = str.lstrip",
        },
    ),
    Exercise(
        "headline",
        """
        line = headline("systems", 3)
        assert line.startswith("Chapter 3") and line.endswith("Systems")
        assert ": " in line and line.count(":") == 1
        ### BEGIN HIDDEN TESTS
        assert headline("data", 1).split(": ") == ["Chapter 1", "Data"]
        assert headline("a", 2).lower() == "chapter 2: a"
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def headline(title, number): return f'Chapter {number}: {title.capitalize()}'",
            "format": "def headline(title, number): return 'Chapter {}: {}'.format(number, title.title())",
            "bound format": """
                def headline(title, number):
                    pattern = "Chapter %(n)d: %(t)s"
                    return pattern % {"n": number, "t": title[:1].upper() + title[1:]}
            """,
            "subclass of str": """
                class Line(str):
                    __slots__ = ()
                def headline(title, number):
                    return Line("Chapter " + str(number) + ": " + title.capitalize())
            """,
            "template": """
                from string import Template
                def headline(title, number):
                    return Template("Chapter $n: $t").substitute(n=number, t=title.capitalize())
            """,
        },
        wrong={
            "lower case": "def headline(title, number): return f'Chapter {number}: {title}'",
            "tuple": "def headline(title, number): return 'Chapter', number, title.capitalize()",
        },
    ),
    Exercise(
        "packed",
        """
        assert packed([1, 2, 255]) == b"\\x01\\x02\\xff"
        assert len(packed([])) == 0
        assert packed([65, 66])[0] == 65
        """,
        right={
            "plain": "packed = bytes",
            "function": "def packed(numbers): return b''.join(n.to_bytes(1, 'big') for n in numbers)",
            "bytearray": "packed = bytearray",
            "struct": "import struct\ndef packed(numbers): return struct.pack(f'{len(numbers)}B', *numbers)",
            "memoryview": "def packed(numbers): return memoryview(bytes(numbers))",
        },
        wrong={
            "text": "def packed(numbers): return ''.join(map(chr, numbers))",
            "list": "def packed(numbers): return list(numbers)",
        },
    ),
    Exercise(
        "print_table",
        """
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            returned = print_table(3)
        assert shown.getvalue() == "1 x 3 = 3\\n2 x 3 = 6\\n"
        assert returned is None
        """,
        right={
            "plain": "def print_table(n):\n    for k in (1, 2):\n        print(f'{k} x {n} = {k * n}')",
            "write": """
                import sys
                def print_table(n):
                    sys.stdout.write(f"1 x {n} = {n}\\n")
                    sys.stdout.write(f"2 x {n} = {2 * n}\\n")
            """,
            "one print": "def print_table(n): print(*(f'{k} x {n} = {k * n}' for k in (1, 2)), sep='\\n')",
            "alias of print": """
                say = print
                def print_table(n):
                    say(1, "x", n, "=", n)
                    say(2, "x", n, "=", 2 * n, flush=True)
            """,
            "printed by a thread": """
                from threading import Thread
                def print_table(n):
                    for k in (1, 2):
                        thread = Thread(target=print, args=(f"{k} x {n} = {k * n}",))
                        thread.start()
                        thread.join()
            """,
        },
        wrong={
            "returned": "def print_table(n): return f'1 x {n} = {n}\\n2 x {n} = {2 * n}\\n'",
            "one line": "def print_table(n): print(f'1 x {n} = {n}', f'2 x {n} = {2 * n}')",
        },
    ),
    Exercise(
        "is_palindrome",
        """
        class TestPalindrome(unittest.TestCase):
            def test_words(self):
                self.assertTrue(is_palindrome("Level"))
                self.assertFalse(is_palindrome("lever"))

            def test_empty(self):
                self.assertTrue(is_palindrome(""))

        outcome = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(TestPalindrome).run(outcome)
        assert outcome.wasSuccessful() and outcome.testsRun == 2
        """,
        right={
            "plain": "def is_palindrome(text):\n    text = text.lower()\n    return text == text[::-1]",
            "numpy bool": """
                import numpy as np
                def is_palindrome(text):
                    letters = np.array(list(text.lower()), dtype="U1")
                    return (letters == letters[::-1]).all()
            """,
            "recursive": """
                def is_palindrome(text):
                    text = text.casefold()
                    return len(text) < 2 or (text[0] == text[-1] and is_palindrome(text[1:-1]))
            """,
            "deque": """
                from collections import deque
                def is_palindrome(text):
                    left = deque(text.lower())
                    while len(left) > 1:
                        if left.popleft() != left.pop():
                            return False
                    return True
            """,
            "a list for true": "def is_palindrome(text):\n    t = text.lower()\n    return [t] if t == t[::-1] else []",
        },
        wrong={
            "case": "def is_palindrome(text): return text == text[::-1]",
            "never empty": "def is_palindrome(text): return len(text) > 0 and text.lower() == text.lower()[::-1]",
        },
    ),
    Exercise(
        "documented",
        """
        assert documented.__annotations__ == {"rows": list, "limit": int, "return": float}
        assert documented.__doc__ is not None and "mean" in documented.__doc__.lower()
        assert documented([1, 2, 9], 2) == 1.5
        """,
        right={
            "plain": """
                def documented(rows: list, limit: int) -> float:
                    \"\"\"The mean of the first rows.\"\"\"
                    return sum(rows[:limit]) / limit
            """,
            "set later": """
                def documented(rows, limit): return sum(rows[:limit]) / limit
                documented.__doc__ = "Mean of the first `limit` rows"
                documented.__annotations__ = {"rows": list, "limit": int, "return": float}
            """,
            "wrapped": """
                from functools import wraps
                def _documented(rows: list, limit: int) -> float:
                    \"\"\"Mean.\"\"\"
                @wraps(_documented)
                def documented(*args): return sum(args[0][:args[1]]) / args[1]
            """,
        },
        wrong={
            "no annotations": "def documented(rows, limit):\n    'The mean.'\n    return sum(rows[:limit]) / limit",
            "no docstring": "def documented(rows: list, limit: int) -> float: return sum(rows[:limit]) / limit",
        },
    ),
)
