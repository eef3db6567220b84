"""The data of a project: catalogue, features, split and columns."""
