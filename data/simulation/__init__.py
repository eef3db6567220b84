"""Physics behind the simulated example catalogue: spectra, populations, lines and the columns made of them."""
