"""What a person can do with a project, by subject; `Session` puts the subjects together."""
