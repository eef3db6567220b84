"""Schema of the project file, and functions that read and write it."""
