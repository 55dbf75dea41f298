"""What the lessons on scaling need, and no other."""
