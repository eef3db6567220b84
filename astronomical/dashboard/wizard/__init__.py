"""The wizard: create a project from a table in four steps."""
