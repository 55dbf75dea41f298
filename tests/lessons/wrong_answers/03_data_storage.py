"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "key": [
        (
            """
def payment_key(customer_id, time_s, transaction_id):  # writes the numbers as text, without leading zeros
    return f"{customer_id}/{time_s}/{transaction_id}".encode()
""",
            "'10' comes before '9'",
        ),
        (
            """
def payment_key(customer_id, time_s, transaction_id):  # the least significant byte first
    return b"".join(number.to_bytes(8, "little") for number in (customer_id, time_s, transaction_id))
""",
            "least significant byte",
        ),
        (
            """
def payment_key(customer_id, time_s, transaction_id):  # leaves out what tells two payments apart
    return customer_id.to_bytes(8, "big") + time_s.to_bytes(8, "big")
""",
            "share a key",
        ),
        (
            """
def payment_key(customer_id, time_s, transaction_id):  # text, which a store of bytes does not take
    return f"{customer_id:020}{time_s:020}{transaction_id:020}"
""",
            "payment_key(9, 50, 1) gave",
        ),
        (
            """
def payment_key(customer_id, time_s, transaction_id):  # forgets to return it
    b"".join(number.to_bytes(8, "big") for number in (customer_id, time_s, transaction_id))
""",
            "payment_key(9, 50, 1) gave None",
        ),
    ],
    "merge": [
        (
            """
def merged(first, second):  # forgets that the means of the two chunks lie apart
    (n, mean, squares), (k, other_mean, other_squares) = first, second
    overall = (n * mean + k * other_mean) / (n + k) if n + k else 0.0
    return n + k, overall, squares + other_squares
""",
            "The chunks' means differ too",
        ),
        (
            """
def merged(first, second):  # takes the mean of the two means
    (n, mean, squares), (k, other_mean, other_squares) = first, second
    middle = (mean + other_mean) / 2
    return n + k, middle, squares + other_squares + n * (mean - middle) ** 2 + k * (other_mean - middle) ** 2
""",
            "A larger chunk weighs more",
        ),
    ],
    "prune": [
        (
            """
def must_read(groups, low, high):  # leaves out what it knows nothing about
    return [at for at, group in enumerate(groups) if group is not None and group[1] >= low and group[0] < high]
""",
            "Nothing is known of a group",
        ),
        (
            """
def must_read(groups, low, high):  # wants the whole group in the range
    return [at for at, group in enumerate(groups) if group is None or (group[0] >= low and group[1] < high)]
""",
            "only overlaps the range",
        ),
        (
            """
def must_read(groups, low, high):  # wants an end of the group in the range
    return [at for at, group in enumerate(groups) if group is None or (any(low <= end < high for end in group))]
""",
            "may lie inside a group",
        ),
        (
            """
def must_read(groups, low, high):  # takes high as wanted
    return [at for at, group in enumerate(groups) if group is None or (group[1] >= low and group[0] <= high)]
""",
            "The value high is not wanted",
        ),
        (
            """
def must_read(groups, low, high):  # takes low as unwanted
    return [at for at, group in enumerate(groups) if group is None or (group[1] > low and group[0] < high)]
""",
            "The value low is wanted",
        ),
    ],
}
