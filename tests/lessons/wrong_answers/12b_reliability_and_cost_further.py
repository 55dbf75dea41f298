"""Wrong answers to *your turn* in the further lesson on reliability and cost."""

COUNT = """def computations(arrived, takes_s, ttl_s, coalesce):
    begun = []
    for t in arrived:
        valid = any({valid} for b in begun)
        running = any({running} for b in begun)
        if not valid and not ({skip}):
            begun.append(t)
    return len(begun)
"""
RIGHT = {
    "valid": "b + takes_s <= t < b + takes_s + ttl_s",
    "running": "b <= t < b + takes_s",
    "skip": "coalesce and running",
}
LOAD = "def load_with_hedges(load, hedged, cancelled):\n    "
WRONG = {
    "stampede": [
        (COUNT.format(**RIGHT | {"skip": "running"}), "everyone who comes begins"),
        (COUNT.format(**RIGHT | {"skip": "False"}), "waits for it"),
        (COUNT.format(**RIGHT | {"valid": "b + takes_s <= t <= b + takes_s + ttl_s"}), "until before that plus"),
        (COUNT.format(**RIGHT | {"valid": "b + takes_s <= t < b + 2 * takes_s - 0.5"}), "young enough is used"),
        (COUNT.format(**RIGHT | {"valid": "b + takes_s <= t < b + ttl_s"}), "begins when the answer is there"),
    ],
    "load": [
        (LOAD + "return load * hedged", "on top of the first"),
        (LOAD + "return min(load * (1 + hedged), 1.0)", "adds nothing"),
        (LOAD + "return load * (1 + hedged * (1 - cancelled))", "never more than wholly busy"),
    ],
}
