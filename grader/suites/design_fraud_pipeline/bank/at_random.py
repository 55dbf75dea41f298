"""A design from the ranges of its document, and a model that weighs its signs at random.

kind = "random"
"""

# %% design
def design():
    return suite.random_design(seed)

# %% fraud-model
class FraudModel:
    def fit(self, rows, labels):
        self.rng = np.random.default_rng(seed)

    def score(self, rows):
        signs = np.column_stack([rows.drop(columns="day"), np.ones(len(rows))])
        signs = (signs - signs.mean(axis=0)) / (signs.std(axis=0) + 1e-9)
        return np.exp(signs @ self.rng.normal(size=signs.shape[1]) + self.rng.normal(1, 2))
