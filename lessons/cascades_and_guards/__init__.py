"""What the lesson on cascades, caches and guards needs, and no other."""
