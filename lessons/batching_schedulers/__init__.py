"""What the lesson on batching and its schedulers needs, and no other."""
