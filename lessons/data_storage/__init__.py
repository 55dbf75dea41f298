"""What the lessons on data storage need, and no other."""
