"""Arrays, and fair queueing by tags: virtual time is where the tenant stood whose request was admitted last.

kind = "alternative"
"""

# %% policy
import numpy as np


class Policy:
    def __init__(self, server):
        self.server, self.virtual = server, 0.0
        self.waited, self.finish = set(), {}
        self.tokens, self.ends = 800.0, 10

    def stamp(self, requests):
        """A tenant that comes into an empty queue begins at the virtual time of now."""
        waits = {request["tenant"] for request in requests}
        for tenant in waits - self.waited:
            self.finish[tenant] = max(self.virtual, self.finish.get(tenant, 0.0))
        self.waited = waits

    def step(self, seen):
        server = self.server
        self.tokens += sum(request["written"] for request in seen["complete"])
        self.ends += len(seen["complete"])
        self.stamp(seen["waiting"])
        rows = seen["running"]
        rest = (self.tokens + sum(row["written"] for row in rows)) / self.ends  # an end is as likely at every token
        computed = np.array([row["computed"] for row in rows], dtype=int)
        keep = len(rows)
        while computed[:keep].sum() + keep > server["memory_tokens"]:
            keep -= 1
        dropped, rows, computed = [row["id"] for row in rows[keep:]], rows[:keep], computed[:keep]
        left = np.array([row["left"] for row in rows], dtype=int)
        step_s = 0.7 * server["gap_s"] - computed.sum() * server["context_s"]
        room = server["memory_tokens"] - computed.sum() - (left == 1).sum()
        size = int(min(step_s / server["token_s"] - len(rows), room))
        before = np.concatenate([[0], np.cumsum(np.where(left > 1, left, 0))])[:-1]
        parts = np.where(left == 1, 1, np.clip(size - before, 0, left))
        run = {row["id"]: int(part) for row, part in zip(rows, parts) if part}
        size -= int(parts[left > 1].sum())
        planned = sum(row["prompt"] + row["written"] for row in rows)
        planned += 0.5 * rest * len(rows)
        waits = list(seen["waiting"])
        while waits:
            row = min(waits, key=lambda one: (self.late(one, seen["now_s"]), self.finish[one["tenant"]], one["id"]))
            waits.remove(row)
            more = row["prompt"] + row["written"] + 0.5 * rest
            full = planned + more > server["memory_tokens"] and bool(run)
            if size <= 0 or full or len(rows) == server["slots"]:
                break
            run[row["id"]] = min(row["left"], size)
            size -= run[row["id"]]
            planned += more
            rows = [*rows, row]
            self.virtual = self.finish[row["tenant"]]
            self.finish[row["tenant"]] += row["left"] + self.tokens / self.ends
        return {"run": run, "preempt": dropped}

    def late(self, row, now_s):
        first_s = now_s - row["arrived_s"] + row["left"] * self.server["token_s"]
        return not row["written"] and first_s > self.server["first_s"] - self.server["weights_s"]
