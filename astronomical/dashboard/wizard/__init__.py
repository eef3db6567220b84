"""The wizard: from a table to a new project in four steps."""
