"""What the lessons on data collection need, and no other."""
