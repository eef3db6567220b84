"""The learning pane."""
