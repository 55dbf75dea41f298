"""What the lessons on the tools of data processing need, and no other."""
