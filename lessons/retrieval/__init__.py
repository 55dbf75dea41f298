"""What the lesson on retrieval needs, and no other."""
