"""Compare query strategies, models and starts over many tables, with the catalogue labels as the answers."""
