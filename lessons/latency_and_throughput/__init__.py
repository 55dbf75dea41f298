"""What the lessons on latency and throughput need, and no other."""
