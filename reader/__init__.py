"""PC/SC readers: the only room that imports pyscard."""
