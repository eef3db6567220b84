"""Export labels, notes, predictions and models."""
