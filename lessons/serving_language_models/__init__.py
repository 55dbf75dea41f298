"""What the lesson on serving language models needs, and no other."""
