"""Services on the net: cutouts of surveys, fetched in the background and checked before they are shown."""
