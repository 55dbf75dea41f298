"""What only the grader knows: oracles, hidden cases, builders. The student edition leaves this folder out."""
