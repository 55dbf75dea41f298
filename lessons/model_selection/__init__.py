"""What the lessons on model selection need, and no other."""
