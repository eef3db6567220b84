"""Learners, rounds and scores: what one label changes, worked out by pure functions."""
