"""Wrong answers to *your turn* in the lesson on the decode step."""

BYTES = "def cache_bytes(layers, heads, head_width, tokens, number_bytes):\n    "
BATCH = "import math\ndef batch_that_pays(fixed_ms, row_ms, token_ms, context):\n    "
REUSE = "def reusable(cached, prompt, block):\n    "
SAME = "same = next((i for i, (a, b) in enumerate(zip(cached, prompt)) if a != b), min(len(cached), len(prompt)))\n    "
WRONG = {
    "bytes": [
        (BYTES + "return layers * heads * head_width * tokens * number_bytes", "both kept"),
        (BYTES + "return 2 * heads * head_width * tokens * number_bytes", "Every layer keeps"),
    ],
    "batch": [
        (BATCH + "return math.ceil(fixed_ms / row_ms)", "reads its own context"),
        (
            BATCH + "return max(1, math.floor(fixed_ms / (row_ms + token_ms * context)))",
            "Rounded down",
        ),
        (
            BATCH + "exact = fixed_ms / (row_ms + token_ms * context)\n    return math.ceil(exact) if exact > 1 else 0",
            "at least one row",
        ),
    ],
    "reuse": [
        (REUSE + SAME + "return min(same, len(prompt) - 1)", "Only whole blocks"),
        (
            REUSE + "last = len(prompt) - 1\n    "
            "blocks = [cached[i:i + block] == prompt[i:i + block] for i in range(0, last - block + 1, block)]\n    "
            "return block * sum(blocks)",
            "has seen another text",
        ),
        (REUSE + SAME + "return same // block * block", "No token is left to read"),
    ],
}
