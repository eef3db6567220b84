"""The catalogue: reading tables, ids, labels, positions, features, splits and fingerprints."""
