"""What the lessons on model serving need, and no other."""
