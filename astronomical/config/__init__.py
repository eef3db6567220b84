"""The project file: its schema, and how it is read and written."""
