"""Clients of web services, such as image surveys: fetch in the background and check each reply before use."""
