"""What the lessons on deployment need, and no other."""
