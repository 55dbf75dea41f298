"""What the start page needs, and no lesson."""
