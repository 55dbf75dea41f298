"""What the lessons on mlops need, and no other."""
