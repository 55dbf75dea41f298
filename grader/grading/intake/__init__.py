"""From what was handed in, in whatever state, to the notebook that is graded. Nothing is trusted or executed here."""
