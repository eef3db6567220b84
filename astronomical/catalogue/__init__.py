"""Catalogues: readers, ids, labels, positions, features, splits and fingerprints."""
