"""Labels: give, undo, label in bulk, curate a test set."""
