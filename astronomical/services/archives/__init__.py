"""Tables from archives that speak the Table Access Protocol (TAP) of the IVOA."""
