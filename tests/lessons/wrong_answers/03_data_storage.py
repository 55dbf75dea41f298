"""One named wrong answer for each cell that the reader writes in the lesson."""

WRONG = {
    "key": (
        """
def payment_key(customer_id, time_s, transaction_id):  # writes the numbers as text, without leading zeros
    return f"{customer_id}/{time_s}/{transaction_id}".encode()
""",
        "'10' comes before '9'",
    ),
    "merge": (
        """
def merged(first, second):  # forgets that the means of the two chunks lie apart
    (n, mean, squares), (k, other_mean, other_squares) = first, second
    overall = (n * mean + k * other_mean) / (n + k) if n + k else 0.0
    return n + k, overall, squares + other_squares
""",
        "The chunks' means differ too",
    ),
    "prune": (
        """
def must_read(groups, low, high):  # leaves out what it knows nothing about
    return [at for at, group in enumerate(groups) if group is not None and group[1] >= low and group[0] < high]
""",
        "Nothing is known of a group",
    ),
}
