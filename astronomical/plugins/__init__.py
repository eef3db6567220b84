"""Find, load and register plugins: models, query strategies, features and plots."""
