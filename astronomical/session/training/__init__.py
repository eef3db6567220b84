"""Training: rounds of the learners, look-ahead, and their records."""
