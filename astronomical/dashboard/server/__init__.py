"""The server: the app, access control, and the open projects."""
