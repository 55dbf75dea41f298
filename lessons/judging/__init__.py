"""What the lesson on judging needs, and no other."""
