"""Wrong answers to *your turn* in the lesson on deployment."""

SECONDS = """def seconds_to_show(base, more, share, per_s, z=3.0):
    after = {after}
    variance = base * (1 - base) * {old} + after * (1 - after)
    return ({z} + {power}) ** 2 * variance / {gap} / ({rate})
"""
RIGHT = {
    "after": "base + more",
    "old": "share / (1 - share)",
    "z": "z",
    "power": "0.84",
    "gap": "more**2",
    "rate": "share * per_s",
}
SHARE = "def next_share(shares, step, worse, held):\n    "
UP = "shares[step + 1] if step + 1 < len(shares) else 1"
WRONG = {
    "show": [
        (SECONDS.format(**RIGHT | {"rate": "1"}), "it gets share * per_s a second"),
        (SECONDS.format(**RIGHT | {"rate": "per_s"}), "only its share of the requests"),
        (SECONDS.format(**RIGHT | {"old": "1"}), "its variance counts"),
        (SECONDS.format(**RIGHT | {"after": "base"}), "with the fault are base + more"),
        (SECONDS.format(**RIGHT | {"gap": "more"}), "square of the difference"),
        (SECONDS.format(**RIGHT | {"power": "0.84 * (base == 0.01)"}), "Add .84 to the limit"),
        (SECONDS.format(**RIGHT | {"z": "3.0"}), "z is an argument"),
    ],
    "step": [
        (SHARE + f"return 0 if worse else {UP}", "Not held long enough"),
        (SHARE + "return 0 if worse else shares[min(step + held, len(shares) - 1)]", "After the last step"),
        (SHARE + f"return ({UP}) if held else 0 if worse else shares[step]", "however long it was held"),
        (SHARE + f"return shares[max(step - 1, 0)] if worse else ({UP}) if held else shares[step]", "To go back is"),
        (SHARE + f"return (0 if worse else {UP}) if held else shares[step]", "does not wait until"),
    ],
}
