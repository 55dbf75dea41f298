"""What the lessons on data processing need, and no other."""
