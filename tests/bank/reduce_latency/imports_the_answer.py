"""Takes the fast answer from the grader's own modules.

kind = "wrong"
points = { test-same-answers = 0, test-speed = 0, test-guards = 0 }
says = ["this exercise asks you to write it"]
"""

# %% fast-service
class FastService:
    def __init__(self):
        from grader.hidden.reduce_latency.oracle import expected

        self.expected = expected

    def predict(self, row):
        return self.expected([row])[0]
