"""The contact sheet: images of many sources side by side."""
