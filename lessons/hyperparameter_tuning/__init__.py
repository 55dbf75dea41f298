"""What the lessons on hyperparameter tuning need, and no other."""
