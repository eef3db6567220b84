"""Scores and predictions: test set, class comparison, simulation and reproduction."""
