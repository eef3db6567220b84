"""Models, query strategies and feature generators by name."""
