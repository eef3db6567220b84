"""What the panes of the grid show."""
