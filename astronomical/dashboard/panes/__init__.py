"""Contents of the panes."""
