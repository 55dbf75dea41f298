"""Numpy for the pages of a row, all rows through the layers at once; settings as a serving framework suggests them.

kind = "wrong"
first_try = true
points = { test-throughput = 3, test-policy = 0, test-predictions = 1 }
says = ["A row in batches of 256 takes 1/"]
timed = true
"""

# %% fast-scorer
class FastScorer:
    def __init__(self):
        slow = suite.SlowScorer()
        self.vectors = {page: np.array(slow.vector(page)) for page in slow.pages}
        self.unknown = self.vectors["?"]
        self.w1, self.b1 = np.array(slow.hidden), np.array(slow.hidden_bias)
        self.w2, self.b2 = np.array(slow.output), slow.output_bias

    def pooled(self, names):
        vectors = np.array([self.vectors.get(name, self.unknown) for name in names])
        weights = 0.9 ** np.arange(len(names) - 1, -1, -1)
        mean = (vectors * weights[:, None]).sum(axis=0) / weights.sum()
        return np.concatenate([mean, vectors.max(axis=0)])

    def normalised(self, x):
        return (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)

    def predict_many(self, rows):
        answers, inputs, places = [None] * len(rows), [], []
        for i, row in enumerate(rows):
            if isinstance(row, str) and row.split():
                inputs.append(self.pooled(row.lower().split()))
                places.append(i)
        if inputs:
            hidden = np.maximum(self.normalised(np.array(inputs)) @ self.w1.T + self.b1, 0)
            logits = self.normalised(hidden) @ self.w2 + self.b2
            for i, logit in zip(places, logits):
                answers[i] = float(1 / (1 + np.exp(-logit)))
        return answers

# %% policy
def policy():
    return {"largest_batch": 32, "longest_wait_ms": 10, "queue_limit": 1000, "deadline_ms": 250}

# %% predictions
def predictions(policy, machine, rate):
    largest, wait_ms = policy["largest_batch"], policy["longest_wait_ms"]
    rows = rate * wait_ms / 1000
    latency_ms = wait_ms + machine["fixed_ms"] + rows * machine["row_ms"]
    return {
        "largest_rate": 1000 * largest / (machine["fixed_ms"] + largest * machine["row_ms"]),
        "in_system": rate * latency_ms / 1000,
        "rows_in_a_batch": rows,
    }
