"""What the lessons on reliability and cost need, and no other."""
