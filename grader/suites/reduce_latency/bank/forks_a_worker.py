"""Lets a child process do the slow work: the process that answers looks idle.

kind = "wrong"
points = { test-speed = 0, test-guards = 3 }
says = ["Work went on outside the call: in another process"]
timed = true
"""

# %% fast-service
import os


class FastService:
    def __init__(self):
        inbox, self.ask = os.pipe()
        self.answers, outbox = os.pipe()
        if os.fork() == 0:
            os.close(self.ask)
            old = suite.SlowService()
            with os.fdopen(inbox) as requests:
                for line in requests:
                    os.write(outbox, f"{old.predict(json.loads(line))!r}\n".encode())
            os._exit(0)
        os.close(inbox)
        os.close(outbox)
        self.replies = os.fdopen(self.answers)

    def __del__(self):
        os.close(self.ask)

    def predict(self, row):
        for field in ("placed_at", "restaurant", "vehicle", "distance_km", "items", "basket_usd", "rain_mm"):
            row[field]
        row["open_orders"], row["recent_delays_min"]
        os.write(self.ask, json.dumps(row).encode() + b"\n")
        return float(self.replies.readline())
