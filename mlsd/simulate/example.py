"""One whole design document, commented: `mlsd simulate --example` prints it and `mlsd simulate --help` shows it."""

EXAMPLE = """\
# A serving system. Every entry may be changed or left out.
replicas: {count: 2, start_up_s: 60}     # a new one answers after a minute
batching: {most_rows: 8, wait_s: 0.01}   # up to 8 rows, 10 ms after the first
queue: {limit: 100, drop_expired: true}  # others are refused at once
timeout_s: 0.5                           # then a client gives up
retries: {most: 1, backoff_s: 0.1, budget: 0.1}
cache: {items: 1000, ttl_s: 60}          # the last answers, for a minute

# What no design can choose. An entry that is left out is as here.
world:
  batch_cost: {fixed_ms: 4, row_ms: 1, spread: 0.2}  # 20 % by chance
  level: {within_ms: 250, share: 0.99}       # of each minute's requests
  prices: {machine_hour: 0.4, spot_hour: 0.13, item_hour: 0}  # EUR
  keys: {items: 20000, exponent: 1, change_s: 3600, hit_ms: 1}
  # length_s: 600                            # daily-cycle: 1440
"""
