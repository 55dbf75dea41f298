"""Keeps what the leaves add in 16 bits, to save memory that nobody was short of.

kind = "wrong"
points = { test-same-answers = 2 }
says = ["of 120 answers differ, by up to"]
"""

# %% nested
def nested(nodes, number=0):
    node = nodes[number]
    if node["yes"] == 0:
        return float(np.float16(node["add"]))
    return node["feature"], node["at_most"], nested(nodes, node["yes"]), nested(nodes, node["no"])
