"""Light curves: brightness of sources against time, read from tables and files."""
