"""Panes that list sources."""
