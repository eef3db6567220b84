"""The ledger of labels, its journal on disk, and the lock of a project."""
