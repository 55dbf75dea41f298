"""Exercises about models: estimators of scikit-learn, modules and gradients of torch, metrics, training."""

from tests.attacks.differential.model import Exercise

MODELS = (
    Exercise(
        "fit_model",
        """
        x = np.arange(12.0).reshape(-1, 1)
        model = fit_model(x, 3 * x[:, 0] + 1)
        np.testing.assert_allclose(model.predict([[2.0], [20.0]]), [7, 61], rtol=1e-3)
        assert model.score(x, 3 * x[:, 0] + 1) > 0.99
        ### BEGIN HIDDEN TESTS
        assert hasattr(model, "predict") and not hasattr(model, "predict_proba")
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                from sklearn.linear_model import LinearRegression
                def fit_model(x, y): return LinearRegression().fit(x, y)
            """,
            "pipeline": """
                from sklearn.linear_model import LinearRegression
                from sklearn.pipeline import make_pipeline
                from sklearn.preprocessing import StandardScaler
                def fit_model(x, y): return make_pipeline(StandardScaler(), LinearRegression()).fit(x, y)
            """,
            "own estimator": """
                import numpy as np
                from sklearn.base import BaseEstimator, RegressorMixin
                class Line(RegressorMixin, BaseEstimator):
                    def fit(self, x, y):
                        self.slope_, self.shift_ = np.polyfit(np.ravel(x), y, 1)
                        return self
                    def predict(self, x): return np.ravel(x) * self.slope_ + self.shift_
                def fit_model(x, y): return Line().fit(x, y)
            """,
            "search": """
                from sklearn.linear_model import Ridge
                from sklearn.model_selection import GridSearchCV
                def fit_model(x, y): return GridSearchCV(Ridge(), {"alpha": [1e-6, 1e-3]}, cv=2).fit(x, y)
            """,
        },
        wrong={
            "mean": "from sklearn.dummy import DummyRegressor\ndef fit_model(x, y): return DummyRegressor().fit(x, y)",
            "not fitted": """
                from sklearn.linear_model import LinearRegression
                def fit_model(x, y): return LinearRegression()
            """,
            "without intercept": """
                from sklearn.linear_model import LinearRegression
                def fit_model(x, y): return LinearRegression(fit_intercept=False).fit(x, y)
            """,
        },
    ),
    Exercise(
        "scaler",
        """
        x = np.array([[1.0], [3.0]])
        scaler = Scaler()
        assert scaler.fit(x) is scaler, "fit returns self"
        np.testing.assert_allclose(scaler.transform(x), [[-1], [1]])
        ### BEGIN HIDDEN TESTS
        from sklearn.pipeline import make_pipeline
        from sklearn.linear_model import LinearRegression
        whole = make_pipeline(Scaler(), LinearRegression()).fit(x, [0.0, 2.0])
        np.testing.assert_allclose(whole.predict([[2.0]]), [1.0])
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                from sklearn.base import BaseEstimator, TransformerMixin
                class Scaler(TransformerMixin, BaseEstimator):
                    def fit(self, x, y=None):
                        self.mean_, self.scale_ = x.mean(axis=0), x.std(axis=0)
                        return self
                    def transform(self, x): return (x - self.mean_) / self.scale_
            """,
            "library": "from sklearn.preprocessing import StandardScaler as Scaler",
            "subclass of the library": """
                from sklearn.preprocessing import StandardScaler
                class Scaler(StandardScaler):
                    \"\"\"Scales.\"\"\"
            """,
            "wraps the library": """
                from sklearn.base import BaseEstimator, TransformerMixin
                from sklearn.preprocessing import StandardScaler
                class Scaler(BaseEstimator, TransformerMixin):
                    def fit(self, x, y=None):
                        self.inner_ = StandardScaler().fit(x)
                        return self
                    def transform(self, x): return self.inner_.transform(x)
            """,
        },
        wrong={
            "fit returns a copy": """
                import copy
                from sklearn.preprocessing import StandardScaler
                class Scaler(StandardScaler):
                    def fit(self, x, y=None): return copy.copy(super().fit(x, y))
            """,
            "fit returns nothing": """
                from sklearn.base import BaseEstimator, TransformerMixin
                class Scaler(TransformerMixin, BaseEstimator):
                    def fit(self, x, y=None): self.mean_, self.scale_ = x.mean(axis=0), x.std(axis=0)
                    def transform(self, x): return (x - self.mean_) / self.scale_
            """,
        },
    ),
    Exercise(
        "classify",
        """
        from sklearn.linear_model import LogisticRegression
        x = np.array([[0.0], [1.0], [9.0], [10.0]])
        clf = classify(x, np.array([0, 0, 1, 1]))
        assert isinstance(clf, LogisticRegression)
        assert clf.predict([[0.5], [9.5]]).tolist() == [0, 1]
        assert clf.predict_proba([[0.0]]).shape == (1, 2) and list(clf.classes_) == [0, 1]
        """,
        right={
            "plain": """
                from sklearn.linear_model import LogisticRegression
                def classify(x, y): return LogisticRegression().fit(x, y)
            """,
            "subclass": """
                from sklearn.linear_model import LogisticRegression
                class Mine(LogisticRegression):
                    def explain(self): return self.coef_
                def classify(x, y): return Mine().fit(x, y)
            """,
            "cross-validated": """
                from sklearn.linear_model import LogisticRegression
                from sklearn.model_selection import GridSearchCV
                def classify(x, y):
                    search = GridSearchCV(LogisticRegression(), {"C": [1.0, 10.0]}, cv=2).fit(x, y)
                    return search.best_estimator_
            """,
        },
        wrong={
            "tree": """
                from sklearn.tree import DecisionTreeClassifier
                def classify(x, y): return DecisionTreeClassifier().fit(x, y)
            """,
            "labels turned": """
                from sklearn.linear_model import LogisticRegression
                def classify(x, y): return LogisticRegression().fit(x, 1 - y)
            """,
        },
    ),
    Exercise(
        "split",
        """
        x, y = np.arange(20).reshape(10, 2), np.arange(10)
        x_train, x_test, y_train, y_test = split(x, y, 0.3)
        assert len(x_test) == 3 and len(y_train) == 7
        assert (x_train[:, 0] == 2 * y_train).all(), "rows stay together"
        ### BEGIN HIDDEN TESTS
        assert set(y_train) | set(y_test) == set(range(10)) and not set(y_train) & set(y_test)
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                from sklearn.model_selection import train_test_split
                def split(x, y, share): return train_test_split(x, y, test_size=share, random_state=0)
            """,
            "permutation": """
                import numpy as np
                def split(x, y, share):
                    order = np.random.default_rng(1).permutation(len(y))
                    n = len(y) - round(share * len(y))
                    return x[order[:n]], x[order[n:]], y[order[:n]], y[order[n:]]
            """,
            "named tuple": """
                from typing import NamedTuple
                import numpy as np
                class Parts(NamedTuple):
                    x_train: np.ndarray
                    x_test: np.ndarray
                    y_train: np.ndarray
                    y_test: np.ndarray
                    def sizes(self): return [len(one) for one in self]
                def split(x, y, share):
                    last = np.arange(len(y)) >= len(y) * (1 - share)
                    return Parts(x[~last], x[last], y[~last], y[last])
            """,
            "generator": """
                def split(x, y, share):
                    n = int(round(len(x) * (1 - share)))
                    for one in (x, y):
                        yield one[:n]
                        yield one[n:]
            """,
        },
        wrong={
            "rows mixed up": """
                import numpy as np
                def split(x, y, share):
                    n = len(y) - round(share * len(y))
                    return x[:n], x[n:], y[::-1][:n], y[::-1][n:]
            """,
            "overlap": """
                def split(x, y, share):
                    n = round(len(y) * share)
                    return x[:-n], x[:n], y[:-n], y[:n]
            """,
        },
    ),
    Exercise(
        "net",
        """
        torch.manual_seed(0)
        model = Net(4, 3)
        assert isinstance(model, torch.nn.Module)
        out = model(torch.zeros(2, 4))
        assert out.shape == (2, 3)
        assert sum(one.numel() for one in model.parameters()) == 15
        ### BEGIN HIDDEN TESTS
        out.sum().backward()
        assert all(one.grad is not None for one in model.parameters())
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                import torch
                class Net(torch.nn.Module):
                    def __init__(self, n_in, n_out):
                        super().__init__()
                        self.layer = torch.nn.Linear(n_in, n_out)
                    def forward(self, x): return self.layer(x)
            """,
            "alias of Linear": "import torch\nNet = torch.nn.Linear",
            "sequential": "from torch import nn\ndef Net(n_in, n_out): return nn.Sequential(nn.Linear(n_in, n_out))",
            "parameters": """
                import torch
                class Net(torch.nn.Module):
                    def __init__(self, n_in, n_out):
                        super().__init__()
                        self.weight = torch.nn.Parameter(torch.randn(n_in, n_out))
                        self.bias = torch.nn.Parameter(torch.zeros(n_out))
                    def forward(self, x): return torch.relu(x @ self.weight + self.bias)
            """,
        },
        wrong={
            "without bias": "import torch\ndef Net(n_in, n_out): return torch.nn.Linear(n_in, n_out, bias=False)",
            "no module": """
                import torch
                class Net:
                    def __init__(self, n_in, n_out): self.layer = torch.nn.Linear(n_in, n_out)
                    def __call__(self, x): return self.layer(x)
                    def parameters(self): return self.layer.parameters()
            """,
        },
    ),
    Exercise(
        "slope_at",
        """
        x = torch.tensor([1.0, 3.0], requires_grad=True)
        squared_length(x).backward()
        assert torch.allclose(x.grad, torch.tensor([2.0, 6.0]))
        assert squared_length(torch.tensor([3.0, 4.0])).item() == 25
        """,
        right={
            "plain": "def squared_length(x): return (x * x).sum()",
            "dot": "import torch\ndef squared_length(x): return torch.dot(x, x)",
            "norm": "import torch\ndef squared_length(x): return torch.linalg.vector_norm(x).pow(2)",
            "loop": """
                def squared_length(x):
                    total = 0
                    for one in x:
                        total = total + one**2
                    return total
            """,
        },
        wrong={
            "detached": "def squared_length(x): return (x.detach() ** 2).sum()",
            "length": "def squared_length(x): return (x * x).sum().sqrt()",
        },
    ),
    Exercise(
        "trained",
        """
        history = trained(steps=5)
        assert len(history) == 5
        assert history[-1] < history[0], "the loss falls"
        assert all(later <= earlier for earlier, later in zip(history, history[1:]))
        ### BEGIN HIDDEN TESTS
        assert isinstance(float(history[0]), float) and min(history) >= 0
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def trained(steps):
                    w, losses = 5.0, []
                    for _ in range(steps):
                        losses.append(w * w)
                        w -= 0.1 * 2 * w
                    return losses
            """,
            "torch scalars": """
                import torch
                def trained(steps):
                    w = torch.tensor(5.0, requires_grad=True)
                    optimiser, losses = torch.optim.SGD([w], lr=0.1), []
                    for _ in range(steps):
                        optimiser.zero_grad()
                        loss = w**2
                        loss.backward()
                        optimiser.step()
                        losses.append(loss.detach())
                    return losses
            """,
            "torch tensor": "import torch\ndef trained(steps): return 25 * 0.64 ** torch.arange(steps)",
            "numpy array": "import numpy as np\ndef trained(steps): return 25 * 0.64 ** np.arange(steps)",
            "list of its own": """
                import numpy as np
                class History(list):
                    @property
                    def best(self): return min(self)
                def trained(steps): return History(np.float32(1 / (k + 1)) for k in range(steps))
            """,
        },
        wrong={
            "rises": "def trained(steps): return list(range(steps))",
            "one short": "def trained(steps): return [1 / k for k in range(1, steps)]",
        },
    ),
    Exercise(
        "mean_squared",
        """
        loss = mean_squared(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
        assert float(loss) == 2.0
        assert abs(loss - 2) < 1e-6
        ### BEGIN HIDDEN TESTS
        assert round(float(mean_squared(torch.zeros(3), torch.ones(3) * 0.5)), 4) == 0.25
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def mean_squared(a, b): return ((a - b) ** 2).mean()",
            "library": "import torch\nmean_squared = torch.nn.functional.mse_loss",
            "module": "import torch\nmean_squared = torch.nn.MSELoss()",
            "float": "def mean_squared(a, b): return ((a - b) ** 2).mean().item()",
            "numpy": "import numpy as np\ndef mean_squared(a, b): return np.mean((a.numpy() - b.numpy()) ** 2)",
        },
        wrong={
            "sum": "def mean_squared(a, b): return ((a - b) ** 2).sum()",
            "absolute": "def mean_squared(a, b): return (a - b).abs().mean()",
        },
    ),
)
