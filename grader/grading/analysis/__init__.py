"""What an assignment is, worked out from the instructor's cells before any submission comes. Nothing runs here."""
