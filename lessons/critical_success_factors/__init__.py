"""What the lessons on critical success factors need, and no other."""
