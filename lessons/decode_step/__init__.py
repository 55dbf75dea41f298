"""What the lesson on the decode step needs, and no other."""
