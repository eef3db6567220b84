"""Exchange sources with TOPCAT, Aladin and other programs over SAMP."""
