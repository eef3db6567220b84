"""Project files: store and journal, new projects, and opening a project."""
