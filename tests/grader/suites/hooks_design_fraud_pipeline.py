"""What the contract needs to know of `design_fraud_pipeline`: secrets and seeds whose ordinary streams come soon.

Streams are drawn until one is ordinary: of scenarios one in some thirty is, and it takes ten seconds to find it. Those
of these secrets and seeds are ordinary at once. Draws are independent, so ordinary streams that come first are like
those that come later.
"""

SECRETS = (f"{32:064d}", f"{1:064d}")
SEEDS = {0: (41, 1000), 700: (1, 1001), 701: (9, 1010), 702: (31, 1011)}
"""The seeds of scenarios and of the own pipeline's stream, by the number of the cases."""
