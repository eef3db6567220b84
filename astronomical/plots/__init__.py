"""Plots of the catalogue, with server-side rendering of many points."""
