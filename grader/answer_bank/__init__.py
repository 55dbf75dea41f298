"""Banks of answers whose marks are known, and the proof that a suite gives exactly these."""
