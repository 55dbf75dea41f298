"""What the lessons on monitoring need, and no other."""
