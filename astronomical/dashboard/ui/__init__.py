"""Components and helpers shared by all parts of the page."""
