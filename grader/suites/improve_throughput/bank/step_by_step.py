"""The pages of all rows step by step, from the last one back; a policy that waits longer.

kind = "alternative"
"""

# %% fast-scorer
class FastScorer:
    def __init__(self):
        self.slow = suite.SlowScorer()
        self.place = {name: i for i, name in enumerate(self.slow.pages)}
        self.vectors = np.array([self.slow.vector(name) for name in self.slow.pages])
        self.first, self.second = np.array(self.slow.hidden), np.array(self.slow.output)

    def predict_many(self, rows):
        parsed = []
        for row in rows:
            words = row.lower().split() if isinstance(row, str) else []
            parsed.append([self.place.get(word, 0) for word in words][::-1])
        there = [i for i, pages in enumerate(parsed) if pages]
        answers = [None] * len(rows)
        for k in range(0, len(there), 128):
            part = there[k : k + 128]
            for i, one in zip(part, self.part([parsed[i] for i in part])):
                answers[i] = float(one)
        return answers

    def part(self, pages):
        sizes = np.array([len(one) for one in pages])
        ends = np.concatenate([[0], np.cumsum(sizes)])
        flat = np.concatenate(pages)
        mean = np.zeros((len(pages), self.vectors.shape[1]))
        largest, weight = np.full_like(mean, -np.inf), np.zeros(len(pages))
        for step in range(sizes.max()):
            reach = np.flatnonzero(sizes > step)
            found = self.vectors[flat[ends[reach] + step]]
            mean[reach] += 0.9**step * found
            weight[reach] += 0.9**step
            largest[reach] = np.maximum(largest[reach], found)
        mean /= weight[:, None]
        x = self.scaled(np.concatenate([mean, largest], axis=1)) @ self.first.T + self.slow.hidden_bias
        return 1 / (1 + np.exp(-(self.scaled(np.where(x > 0, x, 0)) @ self.second + self.slow.output_bias)))

    @staticmethod
    def scaled(x):
        centred = x - x.mean(axis=-1)[:, np.newaxis]
        return centred / np.sqrt(np.mean(centred * centred, axis=-1) + 1e-5)[:, np.newaxis]

# %% policy
def policy():
    return {"largest_batch": 50, "longest_wait_ms": 145.0, "queue_limit": 64, "deadline_ms": 400.0}

# %% predictions
def predictions():
    chosen = policy()
    run = suite.run(chosen, "steady")
    answered = run.latency_ms[np.isfinite(run.latency_ms)]
    full = chosen["largest_batch"]
    return {
        "largest_rate": round(1000 * full / (16 + full)),
        "in_system": round(0.125 * answered.mean(), 1),
        "rows_in_a_batch": run.rows_a_batch,
    }
