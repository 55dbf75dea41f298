"""A check costs 10 EUR and saves a failure of 200 EUR; ten machines a day can be checked."""

CHECKS_PER_DAY = 10


def saved_eur(acted, label):
    return acted * (200.0 * label - 10.0)
