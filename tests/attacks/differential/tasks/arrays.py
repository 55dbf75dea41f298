"""Exercises about arrays and random numbers: values, shapes, types of elements, changes in place, seeds."""

from tests.attacks.differential.model import Exercise

ARRAYS = (
    Exercise(
        "softmax",
        """
        got = softmax(np.array([1.0, 2.0, 3.0]))
        np.testing.assert_allclose(got, [0.09003057, 0.24472847, 0.66524096], rtol=1e-5)
        assert abs(sum(got) - 1) < 1e-6
        ### BEGIN HIDDEN TESTS
        np.testing.assert_allclose(softmax(np.array([1000.0, 1000.0])), [0.5, 0.5], rtol=1e-5)
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                import numpy as np
                def softmax(x):
                    e = np.exp(x - x.max())
                    return e / e.sum()
            """,
            "scipy": "from scipy.special import softmax",
            "torch tensor": "import torch\ndef softmax(x): return torch.softmax(torch.tensor(x), dim=0)",
            "list": """
                import math
                def softmax(x):
                    e = [math.exp(one - max(x)) for one in x]
                    return [one / sum(e) for one in e]
            """,
            "pandas series": """
                import numpy as np
                import pandas as pd
                def softmax(x):
                    e = pd.Series(np.exp(x - x.max()), index=list(range(len(x))))
                    return e / e.sum()
            """,
        },
        wrong={
            "overflows": """
                import numpy as np
                def softmax(x):
                    with np.errstate(all='ignore'):
                        return np.exp(x) / np.exp(x).sum()
            """,
            "largest is 1": "import numpy as np\ndef softmax(x): return np.exp(x - x.max())",
        },
    ),
    Exercise(
        "centred",
        """
        x = np.array([[1.0, 10.0], [3.0, 30.0]])
        got = centred(x)
        assert isinstance(got, np.ndarray) and got.shape == (2, 2) and got.ndim == 2
        assert np.array_equal(got, [[-1, -10], [1, 10]])
        assert np.array_equal(x, [[1, 10], [3, 30]]), "the argument was changed"
        ### BEGIN HIDDEN TESTS
        assert np.issubdtype(centred(np.array([[1, 2], [3, 4]])).dtype, np.floating)
        assert (got.mean(axis=0) == 0).all()
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def centred(x): return x - x.mean(axis=0)",
            "columns first": "import numpy as np\ndef centred(x): return np.asfortranarray(x - np.mean(x, axis=0))",
            "subclass of an array": """
                import numpy as np
                class Centred(np.ndarray):
                    @property
                    def spread(self): return np.ptp(np.asarray(self), axis=0)
                def centred(x): return (x - x.mean(axis=0)).view(Centred)
            """,
            "from torch": """
                import torch
                def centred(x):
                    t = torch.from_numpy(x).double()
                    return (t - t.mean(dim=0)).numpy()
            """,
        },
        wrong={
            "rows": "def centred(x): return x - x.mean(axis=1, keepdims=True)",
            "list": "def centred(x): return (x - x.mean(axis=0)).tolist()",
            "in place": "def centred(x):\n    x -= x.mean(axis=0)\n    return x",
        },
    ),
    Exercise(
        "one_hot",
        """
        got = one_hot(np.array([0, 2, 1]), 3)
        assert (got == np.eye(3)[[0, 2, 1]]).all()
        assert got.shape == (3, 3)
        ### BEGIN HIDDEN TESTS
        assert one_hot(np.array([1, 1]), 2).sum(axis=0).tolist() == [0, 2]
        assert got[1].argmax() == 2
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "import numpy as np\ndef one_hot(labels, n): return np.eye(n)[labels]",
            "truth values": "import numpy as np\ndef one_hot(labels, n): return labels[:, None] == np.arange(n)",
            "sklearn": """
                from sklearn.preprocessing import OneHotEncoder
                def one_hot(labels, n):
                    coder = OneHotEncoder(categories=[list(range(n))], sparse_output=False)
                    return coder.fit_transform(labels.reshape(-1, 1))
            """,
            "torch": """
                import torch
                def one_hot(labels, n):
                    return torch.nn.functional.one_hot(torch.as_tensor(labels), n).numpy()
            """,
            "masked array": """
                import numpy as np
                def one_hot(labels, n): return np.ma.masked_array(np.eye(n)[labels], mask=False)
            """,
        },
        wrong={
            "turned": "import numpy as np\ndef one_hot(labels, n): return np.eye(n)[labels].T",
            "from 1": "import numpy as np\ndef one_hot(labels, n): return np.eye(n)[labels - 1]",
        },
    ),
    Exercise(
        "clip_in_place",
        """
        a = np.array([-1.0, 0.5, 2.0])
        view = a[:2]
        assert clip_in_place(a) is None
        np.testing.assert_array_equal(a, [0, 0.5, 1])
        assert view[0] == 0
        """,
        right={
            "plain": "def clip_in_place(a):\n    a[a < 0] = 0\n    a[a > 1] = 1",
            "out": "import numpy as np\ndef clip_in_place(a): np.clip(a, 0, 1, out=a)",
            "loop": "def clip_in_place(a):\n    for k, one in enumerate(a):\n        a[k] = min(max(one, 0), 1)",
            "through torch": """
                import torch
                def clip_in_place(a): torch.from_numpy(a).clamp_(0, 1)
            """,
        },
        wrong={
            "a new array": "import numpy as np\ndef clip_in_place(a): a = np.clip(a, 0, 1)",
            "only below": "def clip_in_place(a): a[a < 0] = 0",
        },
    ),
    Exercise(
        "rolled_dice",
        """
        random.seed(3)
        first = [rolled_dice() for _ in range(5)]
        random.seed(3)
        assert [rolled_dice() for _ in range(5)] == first, "the dice follow random.seed"
        assert all(1 <= one <= 6 for one in first)
        """,
        right={
            "plain": "import random\ndef rolled_dice(): return random.randint(1, 6)",
            "choice": "from random import choice\ndef rolled_dice(): return choice(range(1, 7))",
            "arithmetic": "import random\ndef rolled_dice(): return int(random.random() * 6) + 1",
            "alias": "import functools\nimport random\nrolled_dice = functools.partial(random.randrange, 1, 7)",
        },
        wrong={
            "its own generator": """
                import random
                _own = random.Random()
                def rolled_dice(): return _own.randint(1, 10**9) % 6 + 1
            """,
            "numpy": """
                import numpy as np
                _g = np.random.default_rng()
                def rolled_dice(): return float(_g.uniform(1, 6))
            """,
            "from 0": "import random\ndef rolled_dice(): return random.randint(0, 6) if random.random() < 0 else 0",
        },
    ),
    Exercise(
        "noise",
        """
        np.random.seed(7)
        got = noise(4)
        np.random.seed(7)
        np.testing.assert_allclose(got, np.random.normal(size=4))
        """,
        right={
            "plain": "import numpy as np\ndef noise(n): return np.random.normal(size=n)",
            "randn": "from numpy.random import randn as noise",
            "one by one": "import numpy as np\ndef noise(n): return [np.random.normal() for _ in range(n)]",
            "scaled": "import numpy as np\ndef noise(n): return np.random.normal(0.0, 2.0, size=(n,)) / 2",
        },
        wrong={
            "uniform": "import numpy as np\ndef noise(n): return np.random.uniform(size=n)",
            "its own seed": "import numpy as np\ndef noise(n): return np.random.RandomState(0).normal(size=n)",
        },
    ),
    Exercise(
        "sample_of",
        """
        values = list(range(100))
        assert sample_of(values, 5, seed=1) == sample_of(values, 5, seed=1)
        assert sample_of(values, 20, seed=1) != sample_of(values, 20, seed=2)
        assert len(set(sample_of(values, 50, seed=3))) == 50, "without replacement"
        ### BEGIN HIDDEN TESTS
        assert set(sample_of(values, 100, seed=4)) == set(values) and values == list(range(100))
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "import random\ndef sample_of(values, n, seed): return random.Random(seed).sample(values, n)",
            "global seed": """
                import random
                def sample_of(values, n, seed):
                    random.seed(seed)
                    return random.sample(values, n)
            """,
            "numpy": """
                import numpy as np
                def sample_of(values, n, seed):
                    return np.random.default_rng(seed).choice(values, n, replace=False).tolist()
            """,
            "tuple of numpy integers": """
                import numpy as np
                def sample_of(values, n, seed):
                    return tuple(np.random.RandomState(seed).permutation(values)[:n])
            """,
            "torch": """
                import torch
                def sample_of(values, n, seed):
                    order = torch.randperm(len(values), generator=torch.Generator().manual_seed(seed))
                    return [values[k] for k in order[:n]]
            """,
        },
        wrong={
            "no seed": "import random\ndef sample_of(values, n, seed): return random.sample(values, n)",
            "with replacement": """
                import random
                def sample_of(values, n, seed): return random.Random(seed).choices(values, k=n)
            """,
        },
    ),
    Exercise(
        "distances",
        """
        a = np.array([[0.0, 0.0], [3.0, 4.0]])
        d = distances(a)
        assert d.shape == (2, 2)
        assert d[0, 1] == d[1, 0] == 5
        assert np.allclose(np.diag(d), 0)
        ### BEGIN HIDDEN TESTS
        points = np.arange(12.0).reshape(4, 3) ** 2
        assert np.allclose(distances(points), [[np.linalg.norm(p - q) for q in points] for p in points])
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                import numpy as np
                def distances(a):
                    return np.sqrt(((a[:, None] - a[None]) ** 2).sum(axis=-1))
            """,
            "scipy": "from scipy.spatial.distance import cdist\ndef distances(a): return cdist(a, a)",
            "sklearn": "from sklearn.metrics import pairwise_distances as distances",
            "torch tensor": "import torch\ndef distances(a): return torch.cdist(torch.tensor(a), torch.tensor(a))",
            "loops": """
                import math
                import numpy as np
                def distances(a): return np.array([[math.dist(p, q) for q in a] for p in a])
            """,
        },
        wrong={
            "squared": "def distances(a): return ((a[:, None] - a[None]) ** 2).sum(axis=-1)",
            "city block": "def distances(a): return abs(a[:, None] - a[None]).sum(axis=-1)",
        },
    ),
    Exercise(
        "moving_mean",
        """
        np.testing.assert_almost_equal(moving_mean([1, 2, 3, 4], 2), [1.5, 2.5, 3.5])
        assert len(moving_mean([1, 2, 3], 3)) == 1
        ### BEGIN HIDDEN TESTS
        assert moving_mean([2, 4], 1)[-1] == 4
        assert abs(moving_mean([1, 1, 2], 3)[0] - 4 / 3) < 1e-6
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def moving_mean(v, n): return [sum(v[k : k + n]) / n for k in range(len(v) - n + 1)]",
            "convolve": "import numpy as np\ndef moving_mean(v, n): return np.convolve(v, np.ones(n) / n, 'valid')",
            "numpy values in a list": """
                import numpy as np
                def moving_mean(v, n): return [np.mean(v[k : k + n]) for k in range(len(v) - n + 1)]
            """,
            "rolling": """
                import pandas as pd
                def moving_mean(v, n): return pd.Series(v).rolling(n).mean().dropna().to_numpy()
            """,
            "fractions": """
                from fractions import Fraction
                def moving_mean(v, n): return [Fraction(sum(v[k : k + n]), n) for k in range(len(v) - n + 1)]
            """,
        },
        wrong={
            "padded": "import numpy as np\ndef moving_mean(v, n): return np.convolve(v, np.ones(n) / n, 'same')",
            "one short": "def moving_mean(v, n): return [sum(v[k : k + n]) / n for k in range(len(v) - n)]",
        },
    ),
)
