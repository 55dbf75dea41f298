"""What the lessons on data versioning need, and no other."""
