"""A project at work: its state, its only writer, and what is done with it headless."""
