"""What the lessons on development need, and no other."""
