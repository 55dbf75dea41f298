"""What the lessons on performance requirements need, and no other."""
