"""What the lesson on speculative decoding needs, and no other."""
