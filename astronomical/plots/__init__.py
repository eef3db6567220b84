"""Plots of the catalogue: shading of many points, and the elements that show them."""
