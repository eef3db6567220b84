"""Export labels, predictions and models."""
