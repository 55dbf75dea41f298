"""What the lessons on model training need, and no other."""
