"""What the lessons on serving options need, and no other."""
