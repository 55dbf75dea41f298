"""Wrong answers to *your turn* in the lesson on model serving."""

AGREE = "def disagree(scores, tolerance):\n    first, *others = scores\n    base = scores[first]\n    "
CORES = "import math\n\ndef cores_needed(rate_per_s, cpu_ms, busy):\n    "
WRONG = {
    "agree": [
        (
            AGREE + "mean = lambda x: sum(x) / len(x)\n    "
            "return [n for n in others if abs(mean(scores[n]) - mean(base)) > 10 * tolerance + 0.06]",
            "in the mean a difference may be lost",
        ),
        (
            AGREE + "return [n for n in others if all(abs(a - b) <= tolerance for a, b in zip(base, scores[n]))]",
            "not those that do",
        ),
        (
            AGREE + "return [n for n in others if any(abs(a - b) > tolerance for a, b in zip(base, scores[n]))]",
            "test for what must hold",
        ),
        (
            AGREE + "return [n for n in others if not all(abs(a - b) <= tolerance for a, b in zip(base, scores[n]))]",
            "compare the lengths too",
        ),
        (
            AGREE + "good = lambda x: len(x) == len(base) and None not in x and "
            "all(abs(a - b) <= tolerance * a for a, b in zip(base, x))\n    "
            "return [n for n in others if not good(scores[n])]",
            "do not divide by the score",
        ),
    ],
    "cores": [
        (CORES + "return math.ceil(rate_per_s * cpu_ms / 1000)", "share that a core may be busy is missing"),
        (CORES + "return math.ceil(rate_per_s * cpu_ms / busy)", "divide by 1,000"),
        (CORES + "return math.ceil(rate_per_s * cpu_ms / 1000 * busy)", "divide by it"),
        (CORES + "return int(rate_per_s * cpu_ms / 1000 / busy)", "Less than one core is one core"),
        (
            CORES + "return max(1, int(rate_per_s * cpu_ms / 1000 / busy))",
            "A part of a core is a whole one",
        ),
    ],
}
