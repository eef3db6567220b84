"""Spectra and light curves of single sources from archives, by their positions."""
