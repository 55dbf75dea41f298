"""What the lessons on compute requirements need, and no other."""
